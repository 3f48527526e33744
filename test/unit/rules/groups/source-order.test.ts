import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConditionChange } from '../../../../src/model/condition.ts';
import type { Device } from '../../../../src/model/device.ts';
import type { Group } from '../../../../src/model/group.ts';
import type { Quality } from '../../../../src/model/quality.ts';
import { Engine } from '../../../../src/rules/engine.ts';
import { countGroup, firstOutGroup, groupDevice, voteGroup, voteLevel } from '../../../helpers/grouped.ts';
import { buildReading, NOON } from '../../../helpers/readings.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';

const LATENESS = 10_000;

const limits = [
  buildLimit('L', 2, { deadband: 0.5, onDelayMs: 2_000 }),
  buildLimit('H', 6, { offDelayMs: 3_000, deadband: 0.3 }),
  buildLimit('HH', 8, { onDelayMs: 1_500 }),
];

function build(id: string, order: 'source' | 'arrival'): Device {
  const device = watchedDevice({ id, limits });
  return { ...device, profile: { ...device.profile, reporting: { ...device.profile.reporting, order } } };
}

const ordered = ['a', 'b', 'c'].map((id) => build(id, 'source'));
const high = [voteLevel('H', 5, 1, { onDelayMs: 1_000 }), voteLevel('HH', 7, 2, { offDelayMs: 4_000, deadband: 0.5 })];
const groupsOf = (devices: readonly Device[]): readonly Group[] => [
  voteGroup(devices, { high, low: [voteLevel('L', 1, 2)], windowMs: 4_000, staleMs: 25_000 }),
  voteGroup(devices.slice(1), { device: groupDevice('vote-2'), high, onBadChannel: 'available' }),
  voteGroup(devices.slice(0, 1), { device: groupDevice('vote-3'), high: [voteLevel('H', 5, 1)], staleMs: null }),
  countGroup(devices, 'yellow', 1, 2, 3),
  firstOutGroup(devices),
];

interface Sample {
  readonly device: number;
  readonly gapMs: number;
  readonly value: number | null;
  readonly quality: Quality;
  /** How long it is on its way, at most the lateness; of a second delivery too, null = there is none. */
  readonly delayMs: number;
  readonly again: number | null;
  /** What happens after it is delivered. */
  readonly after: 'nothing' | 'save' | 'crash';
}

const delay = fc.integer({ min: 0, max: LATENESS });
const samples = fc.array(
  fc.record<Sample>({
    device: fc.nat(2),
    gapMs: fc.integer({ min: 0, max: 4_000 }),
    value: fc.oneof({ arbitrary: fc.integer({ min: 0, max: 10 }), weight: 8 }, fc.constant(null)),
    quality: fc.constantFrom<Quality>('good', 'good', 'good', 'uncertain', 'bad'),
    delayMs: delay,
    again: fc.option(delay),
    after: fc.constantFrom('nothing', 'nothing', 'nothing', 'save', 'crash'),
  }),
  { maxLength: 60, size: 'max' },
);

interface Delivery {
  readonly at: number;
  readonly ts: number;
  readonly sourceSeq: number;
  readonly sample: Sample;
}

function deliveriesOf(story: readonly Sample[], delayed: boolean): Delivery[] {
  const deliveries: Delivery[] = [];
  const numbers = new Map<number, number>();
  let ts = NOON;
  for (const sample of story) {
    ts += sample.gapMs;
    const sourceSeq = (numbers.get(sample.device) ?? 0) + 1;
    numbers.set(sample.device, sourceSeq);
    const one = { ts, sourceSeq, sample };
    deliveries.push({ ...one, at: ts + (delayed ? sample.delayMs : 0) });
    if (delayed && sample.again !== null) deliveries.push({ ...one, at: ts + sample.again });
  }
  return deliveries.sort((one, other) => one.at - other.at);
}

interface Way {
  readonly devices?: readonly Device[];
  readonly delayed: boolean;
  readonly crashing?: boolean;
  readonly numbered?: boolean;
}

/** Runs a story; each save takes a few watches only, and a crash loses whatever is not saved but the journal. */
function run(story: readonly Sample[], { devices = ordered, delayed, crashing = false, numbered = false }: Way) {
  const changes: ConditionChange[] = [];
  let muted = false;
  const create = () =>
    new Engine(
      new Map(devices.map((device) => [device.key, device])),
      { liveWindowMs: 300_000, latenessMs: LATENESS },
      (change) => {
        if (!muted) changes.push(change);
      },
      groupsOf(devices),
    );
  const disk = new Map<string, string>();
  const journal: ((engine: Engine) => void)[] = [(engine) => engine.resume(NOON - 1, 0, 0, 1)];
  let floor = 1;
  let engine = create();
  journal[0]?.(engine);
  deliveriesOf(story, delayed).forEach(({ at, ts, sourceSeq, sample }, i) => {
    const seq = i + 2;
    const record = (judging: Engine) =>
      judging.step(
        buildReading(devices[sample.device] as Device, {
          values: { p: sample.value },
          qualities: { p: sample.value === null ? 'bad' : sample.quality },
          ts,
          receivedAt: at,
          seq: numbered ? sourceSeq : null,
          subMs: sourceSeq,
        }),
        seq,
      );
    journal.push(record);
    record(engine);
    if (!crashing) return;
    if (sample.after === 'save') {
      for (const { key, snapshot } of engine.takeUnsaved(seq, 1 + (seq % 4))) disk.set(key, JSON.stringify(snapshot));
      floor = Math.min(engine.unsavedSince, seq + 1);
    }
    if (sample.after !== 'crash') return;
    const { now } = engine;
    muted = true;
    engine = create();
    for (const [key, text] of disk) engine.restore(key, JSON.parse(text));
    engine.reschedule();
    for (const one of journal.slice(floor - 1)) one(engine);
    engine.tick(now);
    engine.restate(now);
    muted = false;
  });
  engine.tick(NOON + 60 * 4_000 + LATENESS + 60_000);
  return changes;
}

/** A log without what depends on how messages were numbered in the journal. */
const logOf = (changes: readonly ConditionChange[]) =>
  changes.map(({ device, direction, rule, level, value, occurredAt, effectiveAt, at, behind }) => ({
    what: [device.id, rule?.id, direction],
    level,
    value,
    behind,
    times: [occurredAt - NOON, effectiveAt - NOON, at - NOON],
  }));

describe('groups over devices whose readings are put in the order of their source', () => {
  it('have the same log in any order of arrival within the lateness, delivered once or more', () => {
    fc.assert(
      fc.property(samples, (story) => {
        expect(logOf(run(story, { delayed: true }))).toEqual(logOf(run(story, { delayed: false })));
      }),
      { numRuns: 200 },
    );
  });

  it('have the same log after crashes at any point, with every watch saved at another time', () => {
    fc.assert(
      fc.property(samples, (story) => {
        const whole = logOf(run(story, { delayed: false }));
        expect(logOf(run(story, { delayed: true, crashing: true }))).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('go by the source for each numbered device, however soon its readings have their turn', () => {
    const ofOne = (changes: readonly ConditionChange[]) =>
      changes
        .filter(({ device }) => device.id === 'vote-3')
        .map(({ rule, level, value, effectiveAt }) => [rule?.id, level, value, effectiveAt]);
    fc.assert(
      fc.property(samples, (story) => {
        const inOrder = ofOne(run(story, { delayed: false, numbered: true }));
        expect(ofOne(run(story, { delayed: true, numbered: true, crashing: true }))).toEqual(inOrder);
      }),
      { numRuns: 200 },
    );
  });

  it('go on after crashes as if nothing had happened where some devices go by arrival', () => {
    const devices = [build('a', 'source'), build('b', 'arrival'), build('c', 'source')];
    fc.assert(
      fc.property(samples, fc.boolean(), (story, numbered) => {
        const way = { devices, delayed: true, numbered };
        expect(logOf(run(story, { ...way, crashing: true }))).toEqual(logOf(run(story, way)));
      }),
      { numRuns: 200 },
    );
  });
});
