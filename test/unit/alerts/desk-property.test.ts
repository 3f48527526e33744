import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeskSettings, type DeskState, decide, due, EMPTY_DESK, flush } from '../../../src/alerts/policy/desk.ts';
import type { Alarm, AlarmEventType } from '../../../src/model/alarm.ts';
import type { Grouping } from '../../../src/model/routing.ts';
import { TIERS } from '../../../src/model/tier.ts';
import { buildDeskEvent } from '../../helpers/desk-event.ts';
import { NOON } from '../../helpers/readings.ts';

interface Happening {
  readonly afterMs: number;
  readonly alarm: number;
  readonly type: AlarmEventType;
  readonly parts: Partial<Alarm>;
  readonly grouping: Grouping | null;
  /** The state goes to disk and comes back before it. */
  readonly restart: boolean;
}

/** How one event was told: when, and together with which others. */
interface Told {
  readonly at: number;
  readonly order: number;
  readonly kind: 'now' | 'digest';
}

const MOVES: readonly AlarmEventType[] = ['raised', 'returned', 'cleared', 'acknowledged'];

const grouping: fc.Arbitrary<Grouping | null> = fc.option(
  fc.record({
    by: fc.subarray(['site', 'tier'] as const),
    waitMs: fc.nat(30_000),
    intervalMs: fc.integer({ min: 1, max: 120_000 }),
  }),
);

const happening: fc.Arbitrary<Happening> = fc.record({
  afterMs: fc.oneof(fc.nat(50), fc.nat(5_000), fc.nat(300_000)),
  alarm: fc.nat(8),
  type: fc.constantFrom<AlarmEventType>(...MOVES, 'raised', 'raised', 'escalated', 'overdue'),
  parts: fc.record({
    tier: fc.constantFrom(...TIERS),
    site: fc.constantFrom('a', 'b'),
    nuisance: fc.constantFrom(null, null, null, 'chattering' as const),
  }),
  grouping,
  restart: fc.boolean(),
});

const settings: fc.Arbitrary<DeskSettings> = fc.record({
  flood: fc.option(
    fc.record({
      start: fc.integer({ min: 2, max: 12 }),
      end: fc.integer({ min: 1, max: 2 }),
      windowMs: fc.constantFrom(60_000, 600_000),
      digestEveryMs: fc.constantFrom(10_000, 60_000),
    }),
  ),
  rate: fc.option(fc.record({ messages: fc.integer({ min: 1, max: 20 }), perMs: fc.constantFrom(1_000, 60_000) })),
});

/** Runs a desk with the events that lie in its piles; flushes a little late, as a clockwork does. */
function run(limits: DeskSettings, happenings: readonly Happening[], lateMs: number) {
  let state: DeskState = EMPTY_DESK;
  let at = NOON;
  let order = 0;
  const piles = new Map<string, number[]>();
  const told = new Map<number, Told[]>();
  const floodDigests: number[] = [];
  const reds: number[] = [];
  const alarmOf = new Map<number, number>();
  const tell = (sequence: number, kind: Told['kind']) =>
    told.set(sequence, [...(told.get(sequence) ?? []), { at, order, kind }]);

  const flushUntil = (end: number) => {
    for (let next = due(state, limits); next !== null && next + lateMs <= end; next = due(state, limits)) {
      at = Math.max(at, next + lateMs);
      const inFlood = state.flood !== null;
      const { state: after, ready } = flush(state, limits, at);
      if (after.flood) floodDigests.push(...ready.map(() => at));
      if (inFlood && after.flood) expect(ready.length).toBeLessThanOrEqual(1);
      for (const { keys, events, log } of ready) {
        order++;
        const sequences = keys.flatMap((key) => piles.get(key) ?? []).sort((a, b) => a - b);
        expect({ events, from: log.from, to: log.to }).toEqual({
          events: sequences.length,
          from: sequences[0],
          to: sequences.at(-1),
        });
        for (const key of keys) piles.delete(key);
        for (const sequence of sequences) tell(sequence, 'digest');
      }
      // Whatever is flushed makes room for something later: it never spins.
      expect(due(after, limits) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(next);
      state = after;
    }
  };

  happenings.forEach(({ afterMs, alarm, type, parts, grouping, restart }, index) => {
    flushUntil(at + afterMs);
    at += afterMs;
    const sequence = index + 1;
    if (restart) state = JSON.parse(JSON.stringify(state)) as DeskState;
    const event = buildDeskEvent(sequence, at, type, { id: `alm_${alarm}`, ...parts });
    const waiting = [...piles].find(([, held]) => held.some((each) => alarmOf.get(each) === alarm));
    const facts = { tier: event.alarm.tier, grouping, waitingIn: waiting?.[0] ?? null };
    const { state: after, verdict } = decide(state, limits, event, facts, at);
    alarmOf.set(sequence, alarm);
    order++;
    if (event.alarm.tier === 'red') reds.push(sequence);
    if (verdict.kind === 'now') tell(sequence, 'now');
    else piles.set(verdict.pile, [...(piles.get(verdict.pile) ?? []), sequence]);
    state = after;
  });
  flushUntil(at + 86_400_000);
  return { told, floodDigests, reds, state, alarmOf };
}

const runs = fc.tuple(settings, fc.array(happening, { maxLength: 120 }), fc.nat(200));

describe('a desk, whatever happens', () => {
  it('tells every event exactly once, now or in one digest, and ends empty', () => {
    fc.assert(
      fc.property(runs, ([limits, happenings, lateMs]) => {
        const { told, state } = run(limits, happenings, lateMs);
        expect(happenings.map((_, index) => told.get(index + 1)?.length)).toEqual(happenings.map(() => 1));
        expect({ piles: state.piles, flood: state.flood }).toEqual({ piles: [], flood: null });
      }),
    );
  });

  it('never holds red', () => {
    fc.assert(
      fc.property(runs, ([limits, happenings, lateMs]) => {
        const { told, reds } = run(limits, happenings, lateMs);
        for (const red of reds) expect(told.get(red)?.[0]?.kind).toBe('now');
      }),
    );
  });

  it('sends at most one digest in the time that a flood allows', () => {
    fc.assert(
      fc.property(runs, ([limits, happenings, lateMs]) => {
        const { floodDigests } = run(limits, happenings, lateMs);
        const gaps = floodDigests.slice(1).map((at, index) => at - (floodDigests[index] ?? 0));
        for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(limits.flood?.digestEveryMs ?? 0);
      }),
    );
  });

  it('tells the events of an alarm in order, but for what may not wait', () => {
    const patient = fc.tuple(
      settings,
      fc.array(
        happening.map(
          (each): Happening => ({
            ...each,
            type: each.type === 'escalated' ? 'raised' : each.type,
            parts: { ...each.parts, tier: each.parts.tier === 'red' ? 'orange' : (each.parts.tier ?? 'blue') },
          }),
        ),
        { maxLength: 120 },
      ),
      fc.nat(200),
    );
    fc.assert(
      fc.property(patient, ([limits, happenings, lateMs]) => {
        const { told, alarmOf } = run(limits, happenings, lateMs);
        const last = new Map<number, number>();
        for (let sequence = 1; sequence <= happenings.length; sequence++) {
          const alarm = alarmOf.get(sequence) ?? -1;
          const order = told.get(sequence)?.[0]?.order ?? -1;
          expect(order).toBeGreaterThanOrEqual(last.get(alarm) ?? 0);
          last.set(alarm, order);
        }
      }),
    );
  });

  it('comes to the same after a restart at any point', () => {
    fc.assert(
      fc.property(runs, ([limits, happenings, lateMs]) => {
        const never = happenings.map((each) => ({ ...each, restart: false }));
        const always = happenings.map((each) => ({ ...each, restart: true }));
        expect(run(limits, always, lateMs)).toEqual(run(limits, never, lateMs));
      }),
    );
  });
});
