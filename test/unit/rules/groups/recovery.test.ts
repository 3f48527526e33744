import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConditionChange } from '../../../../src/model/condition.ts';
import type { Device } from '../../../../src/model/device.ts';
import type { Group } from '../../../../src/model/group.ts';
import type { Reading } from '../../../../src/model/reading.ts';
import { Engine } from '../../../../src/rules/engine.ts';
import {
  countGroup,
  firstOutGroup,
  groupDevice,
  silenceGroup,
  voteGroup,
  voteLevel,
} from '../../../helpers/grouped.ts';
import { buildReading, NOON } from '../../../helpers/readings.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';

const limits = [
  buildLimit('L', 2, { deadband: 0.2, onDelayMs: 2_000 }),
  buildLimit('H', 6, { deadband: 0.3, offDelayMs: 5_000 }),
  buildLimit('HH', 8, { onDelayMs: 3_000 }),
];
const clock = { withinMs: 2_000, forMs: 10_000, tier: 'blue' as const };
function build(id: string, absentAfterMs: number): Device {
  const device = watchedDevice({ id, limits, absentAfterMs });
  return { ...device, profile: { ...device.profile, clock } };
}
// Some are silent before their gateway or site can be, so that their alarms are taken back.
const [a, b, c, d, e] = [
  build('a', 5_000),
  build('b', 7_000),
  build('c', 30_000),
  build('d', 11_000),
  build('e', 9_000),
];
const devices = [a, b, c, d, e];
const high = [voteLevel('H', 5, 1, { onDelayMs: 1_000 }), voteLevel('HH', 7, 2, { offDelayMs: 4_000, deadband: 0.5 })];
const groups: readonly Group[] = [
  voteGroup([a, b, c], { high, low: [voteLevel('L', 1, 2)], windowMs: 4_000, staleMs: 25_000 }),
  voteGroup([c, d, e], {
    device: groupDevice('vote-2'),
    high,
    onBadChannel: 'available',
    deviation: {
      condition: 'deviation',
      rank: 1,
      by: 3,
      deadband: 0.5,
      onDelayMs: 5_000,
      offDelayMs: 0,
      tier: 'blue',
      latch: false,
    },
  }),
  countGroup(devices, 'yellow', 1, 2, 3),
  firstOutGroup([a, c, e]),
  silenceGroup(devices, { 'gw-1': [a, b], 'gw-2': [c, d] }, 8_000, 13_000),
];

type Op =
  | { readonly kind: 'reading'; readonly reading: Reading; readonly seq: number }
  | {
      readonly kind: 'resume';
      readonly at: number;
      readonly downMs: number;
      readonly shiftMs: number;
      readonly seq: number;
    }
  | { readonly kind: 'tick'; readonly at: number }
  | { readonly kind: 'save'; readonly back: number; readonly most: number };

/** The engine with its saved states, as recovery finds them after a crash. */
class Site {
  changes: ConditionChange[] = [];
  engine = this.create();
  private readonly disk = new Map<string, string>();
  private readonly journal: Op[] = [];
  private floor = 1;
  private head = 0;
  private muted = false;

  run(ops: readonly Op[]): void {
    for (const op of ops) {
      if (op.kind === 'reading' || op.kind === 'resume') this.journal.push(op);
      this.take(op);
    }
  }

  crash(): void {
    const { now } = this.engine;
    this.muted = true;
    this.engine = this.create();
    for (const [key, text] of this.disk) expect(this.engine.restore(key, JSON.parse(text))).toBe(true);
    this.engine.reschedule();
    for (const op of this.journal) if ('seq' in op && op.seq >= this.floor) this.take(op);
    this.engine.tick(now);
    this.muted = false;
    this.engine.restate(now);
    this.changes = [];
  }

  private create(): Engine {
    const settings = { liveWindowMs: 300_000, latenessMs: 2_000 };
    const sink = (change: ConditionChange) => {
      if (!this.muted) this.changes.push(change);
    };
    return new Engine(new Map(devices.map((device) => [device.key, device])), settings, sink, groups);
  }

  private take(op: Op): void {
    switch (op.kind) {
      case 'reading':
        this.head = op.seq;
        this.engine.step(op.reading, op.seq);
        return;
      case 'resume':
        this.head = op.seq;
        this.engine.resume(op.at, op.downMs, op.shiftMs, op.seq);
        return;
      case 'tick':
        this.engine.tick(op.at);
        return;
      case 'save': {
        for (const { key, snapshot } of this.engine.takeUnsaved(this.head - op.back, op.most)) {
          this.disk.set(key, JSON.stringify(snapshot));
        }
        this.floor = Math.min(this.engine.unsavedSince, this.head + 1);
      }
    }
  }
}

const input = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('reading' as const),
      gap: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 40 })),
      device: fc.integer({ min: 0, max: 4 }),
      value: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constant(null)),
      quality: fc.constantFrom('good' as const, 'good' as const, 'good' as const, 'uncertain' as const, 'bad' as const),
      lag: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), gap: fc.integer({ min: 0, max: 40 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('save' as const),
      back: fc.integer({ min: 0, max: 6 }),
      most: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('resume' as const),
      down: fc.integer({ min: 0, max: 20 }),
      shift: fc.constantFrom(0, 0, 7, -7),
    }),
  },
);
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

/** Inputs with their times and sequence numbers, from a start on. */
function timeline(inputs: readonly Input[], start: { second: number; seq: number }): Op[] {
  return inputs.map((one) => {
    if (one.kind === 'save') return one;
    if (one.kind === 'resume') start.second += one.down + one.shift;
    else start.second += one.gap;
    const at = NOON + start.second * 1000;
    if (one.kind === 'tick') return { kind: 'tick', at };
    const seq = ++start.seq;
    if (one.kind === 'resume') return { kind: 'resume', at, downMs: one.down * 1000, shiftMs: one.shift * 1000, seq };
    const { value, quality, lag, device } = one;
    const reading = buildReading(devices[device] ?? a, {
      values: { p: value },
      qualities: { p: value === null ? 'bad' : quality },
      ts: at - lag * 1000,
      receivedAt: at,
    });
    return { kind: 'reading', reading, seq };
  });
}

describe('groups', () => {
  it('go on after a crash at any point, with every watch saved at another time, as if nothing had happened', () => {
    fc.assert(
      fc.property(
        fc.array(input, { maxLength: 60 }),
        fc.array(input, { maxLength: 30 }),
        fc.array(input, { maxLength: 30 }),
        (before, between, after) => {
          const whole = new Site();
          const crashed = new Site();
          const start = { second: 0, seq: 1 };
          const begin: Op = { kind: 'resume', at: NOON, downMs: 0, shiftMs: 0, seq: 1 };
          const first = [begin, ...timeline(before, start)];
          const second = timeline(between, start);
          const last = [...timeline(after, start), { kind: 'tick', at: NOON + (start.second + 300) * 1000 } as const];
          for (const ops of [first, second, last]) {
            whole.changes = [];
            whole.run(ops);
            crashed.run(ops);
            expect(crashed.changes).toEqual(whole.changes);
            crashed.crash();
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are in the state that the changes of a whole run have told, when they restate it', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const site = new Site();
        site.run([
          { kind: 'resume', at: NOON, downMs: 0, shiftMs: 0, seq: 1 },
          ...timeline(inputs, { second: 0, seq: 1 }),
        ]);
        const told = inForce(site.changes);
        site.changes = [];
        site.engine.restate(site.engine.now);
        expect(inForce(site.changes)).toEqual(told);
      }),
    );
  });
});

function inForce(changes: readonly ConditionChange[]): string[] {
  const levels = new Map<string, string>();
  for (const { device, point, rule, direction, level } of changes) {
    const key = `${device.id}|${rule?.id ?? point?.id}|${direction}`;
    if (level) levels.set(key, `${key}|${level.condition}|${level.tier}`);
    else levels.delete(key);
  }
  return [...levels.values()].sort();
}
