import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLane } from '../../../src/alerts/delivery/lane.ts';
import type { Notification, RetryOutcome } from '../../../src/alerts/delivery/notification.ts';
import { parseRetryAfter, retryAt } from '../../../src/alerts/delivery/schedule.ts';
import { TIERS, type Tier } from '../../../src/model/tier.ts';

const T0 = Date.UTC(2026, 10, 21);
const NEVER = Number.POSITIVE_INFINITY;
const REFUSED: RetryOutcome = { kind: 'retry', code: 'connection', reason: 'x', status: null, retryAfterMs: null };
const ANSWERED: RetryOutcome = { ...REFUSED, code: 'answered', status: 500 };

function notification(sequence: number, tier: Tier, alarmId = `alm_${sequence}`): Notification {
  return {
    receiver: 'cc',
    sequence,
    eventId: `evt_${sequence}`,
    type: 'davylamp.alarm.raised',
    alarmId,
    subject: 's/d/p',
    tier,
    at: T0,
    pendingSince: T0,
    state: 'pending',
    attempts: 0,
    lastAttemptAt: null,
    lastError: null,
    settledAt: null,
  };
}

function tried(before: Notification): Notification {
  return { ...before, attempts: before.attempts + 1 };
}

function takeAll(lane: ReturnType<typeof createLane>, at: number): number[] {
  const taken: number[] = [];
  for (let next = lane.take(at); next !== null; next = lane.take(at)) taken.push(next.sequence);
  return taken;
}

describe('lane', () => {
  test('the most urgent goes first', () => {
    const lane = createLane();
    lane.add(notification(1, 'blue'), T0);
    lane.add(notification(2, 'orange'), T0);
    lane.add(notification(3, 'yellow'), T0);
    lane.add(notification(4, 'red'), T0);
    expect(takeAll(lane, T0)).toEqual([4, 2, 3, 1]);
  });

  test('what is told again makes way for what nobody has heard, within its tier', () => {
    const lane = createLane();
    lane.add({ ...notification(1, 'red'), type: 'davylamp.alarm.repeated' }, T0);
    lane.add(notification(2, 'orange'), T0);
    lane.add(notification(3, 'red'), T0);
    expect(takeAll(lane, T0)).toEqual([3, 1, 2]);
  });

  test('what the rate does not allow waits, and the lane says until when; red goes first', () => {
    const lane = createLane();
    lane.pace({ messages: 5, perMs: 60_000 }, []);
    for (let i = 1; i <= 6; i++) lane.add(notification(i, 'yellow'), T0);
    expect(takeAll(lane, T0)).toEqual([1, 2, 3, 4]);
    lane.add(notification(7, 'red'), T0);
    lane.add(notification(8, 'red'), T0);
    expect(takeAll(lane, T0)).toEqual([7]);
    for (const sequence of [1, 2, 3, 4, 7]) lane.settled(notification(sequence, sequence === 7 ? 'red' : 'yellow'));
    const wakeAt = lane.wakeAt(T0);
    expect(wakeAt).toBeGreaterThanOrEqual(T0 + 60_000);
    expect(wakeAt).toBeLessThanOrEqual(T0 + 61_001);
    expect(takeAll(lane, wakeAt - 1)).toEqual([]);
    expect(takeAll(lane, wakeAt)).toEqual([8, 5, 6]);
  });

  test('a robot that takes no more for now holds the lower tiers back, and not a red that is new', () => {
    const lane = createLane();
    lane.add(notification(1, 'yellow'), T0);
    takeAll(lane, T0);
    const throttled: RetryOutcome = { ...ANSWERED, code: 'throttled', status: 200, retryAfterMs: 60_000 };
    lane.failed(tried(notification(1, 'yellow')), throttled, T0);
    lane.retry(tried(notification(1, 'yellow')), throttled, NEVER, T0, 0.5);
    lane.add(notification(2, 'yellow'), T0 + 1);
    lane.add(notification(3, 'red'), T0 + 1);
    expect(takeAll(lane, T0 + 1)).toEqual([3]);
    expect(takeAll(lane, T0 + 60_000)).toContain(2);
  });

  test('lower tiers that hang leave slots for the higher ones', () => {
    const lane = createLane();
    for (let i = 1; i <= 20; i++) lane.add(notification(i, 'blue'), T0);
    for (let i = 21; i <= 40; i++) lane.add(notification(i, 'yellow'), T0);
    takeAll(lane, T0);
    for (let i = 41; i <= 60; i++) lane.add(notification(i, 'red'), T0);
    const reds = takeAll(lane, T0);
    expect(reds.length).toBeGreaterThanOrEqual(4);
    expect(reds.every((sequence) => sequence > 40)).toBe(true);
  });

  test('lower tiers do not compete with a burst of red, but go on when the receiver does not take it', () => {
    const lane = createLane();
    for (let i = 1; i <= 20; i++) lane.add(notification(i, 'blue'), T0);
    for (let i = 21; i <= 40; i++) lane.add(notification(i, 'red'), T0);
    const first = takeAll(lane, T0);
    expect(first.every((sequence) => sequence > 20)).toBe(true);
    for (const sequence of first) {
      const failed = notification(sequence, 'red');
      lane.failed(failed, REFUSED, T0);
      lane.retry(tried(failed), REFUSED, NEVER, T0, 0.5);
    }
    expect(takeAll(lane, T0 + 500)).toEqual([1]);
  });

  test('an event waits for the earlier ones of its alarm and makes them urgent', () => {
    const lane = createLane();
    for (let i = 1; i <= 10; i++) lane.add(notification(i, 'blue'), T0);
    lane.add(notification(11, 'blue', 'alm_x'), T0);
    lane.add(notification(12, 'red', 'alm_x'), T0);
    expect(lane.take(T0)?.sequence).toBe(11);
    expect(takeAll(lane, T0)).not.toContain(12);
    lane.settled(notification(11, 'blue', 'alm_x'));
    expect(lane.take(T0)?.sequence).toBe(12);
  });

  test('a blue one waiting for its retry goes at once when red follows it', () => {
    const lane = createLane();
    const blue = notification(1, 'blue', 'alm_x');
    lane.add(blue, T0);
    lane.take(T0);
    lane.failed(blue, ANSWERED, T0);
    lane.retry(tried(blue), ANSWERED, NEVER, T0, 0.5);
    expect(lane.take(T0 + 1000)).toBeNull();
    lane.add(notification(2, 'red', 'alm_x'), T0 + 1000);
    expect(lane.take(T0 + 1000)?.sequence).toBe(1);
  });

  test('a receiver that cannot be reached is probed once a second, and red does not wait for lower probes', () => {
    const lane = createLane();
    const all = Array.from({ length: 100 }, (_, i) => notification(i + 1, 'blue'));
    for (const each of all) lane.add(each, T0);
    for (const sequence of takeAll(lane, T0)) {
      const failed = notification(sequence, 'blue');
      lane.failed(failed, REFUSED, T0);
      lane.retry(tried(failed), REFUSED, NEVER, T0, 0.5);
    }
    expect(lane.open).toBe(true);
    expect(takeAll(lane, T0)).toHaveLength(0);
    expect(lane.wakeAt(T0)).toBe(T0 + 1000);
    expect(takeAll(lane, T0 + 1000)).toHaveLength(1);
    expect(takeAll(lane, T0 + 5000)).toHaveLength(0);
    lane.add(notification(200, 'red'), T0 + 5000);
    expect(takeAll(lane, T0 + 5000)).toEqual([200]);
    lane.reached(T0 + 5000);
    lane.settled(notification(200, 'red'));
    expect(takeAll(lane, T0 + 5000)).toHaveLength(3);
  });

  test('a success makes everything due that waited for the receiver to come back', () => {
    const lane = createLane();
    const [red, blue] = [notification(1, 'red'), notification(2, 'blue')];
    for (const each of [red, blue]) {
      lane.add(each, T0);
      lane.take(T0);
      lane.failed(each, REFUSED, T0);
      lane.retry({ ...each, attempts: 6 }, REFUSED, NEVER, T0, 0.5);
    }
    lane.reached(T0 + 10);
    expect(takeAll(lane, T0 + 10)).toEqual([1, 2]);
  });

  test('Retry-After of a 429 holds the lower tiers, not a red that was never tried', () => {
    const lane = createLane();
    const busy: RetryOutcome = { ...ANSWERED, status: 429, retryAfterMs: 60_000 };
    const blue = notification(1, 'blue');
    lane.add(blue, T0);
    lane.take(T0);
    lane.failed(blue, busy, T0);
    lane.retry(tried(blue), busy, NEVER, T0, 0.5);
    lane.add(notification(2, 'yellow'), T0);
    lane.add(notification(3, 'red'), T0);
    expect(takeAll(lane, T0)).toEqual([3]);
    lane.reached(T0);
    lane.settled(notification(3, 'red'));
    expect(takeAll(lane, T0 + 59_999)).toEqual([]);
    expect(lane.wakeAt(T0 + 59_999)).toBe(T0 + 60_000);
    expect(takeAll(lane, T0 + 60_000)).toEqual([2, 1]);
  });

  test('a clock set back leaves nothing waiting', () => {
    const lane = createLane();
    const red = notification(1, 'red');
    lane.add(red, T0);
    lane.take(T0);
    lane.failed(red, REFUSED, T0);
    lane.retry(tried(red), REFUSED, NEVER, T0, 0.5);
    lane.hurry();
    expect(takeAll(lane, T0 - 7_200_000)).toEqual([1]);
  });

  test('whatever fails, each alarm keeps its order, nothing is lost, and all slots come back', () => {
    const events = fc.array(fc.record({ alarm: fc.integer({ min: 1, max: 5 }), tier: fc.constantFrom(...TIERS) }), {
      minLength: 1,
      maxLength: 60,
    });
    const choices = fc.infiniteStream(fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(events, choices, (added, choice) => {
        const lane = createLane();
        const waiting = added.map(({ alarm, tier }, index) => notification(index + 1, tier, `alm_${alarm}`));
        const total = waiting.length;
        const settled: Notification[] = [];
        const sending: Notification[] = [];
        let at = T0;
        for (let turn = 0; turn < 20_000 && settled.length < total; turn++) {
          const pick = choice.next().value;
          const upcoming = waiting.shift();
          if (upcoming) lane.add(upcoming, at);
          for (let next = lane.take(at); next !== null; next = lane.take(at)) sending.push(next);
          const done = sending.splice(pick % Math.max(sending.length, 1), 1)[0];
          if (!done) {
            at = Math.min(Math.max(lane.wakeAt(at), at + 1), at + 3_600_000);
            continue;
          }
          if (pick < 3) {
            settled.push(done);
            lane.reached(at);
            lane.settled(done);
          } else if (pick === 3) lane.putBack(done);
          else {
            const outcome = pick === 4 ? REFUSED : ANSWERED;
            lane.failed(done, outcome, at);
            lane.retry(tried(done), outcome, NEVER, at, 0.5);
          }
        }
        expect(settled).toHaveLength(total);
        expect(lane.sending).toBe(0);
        const last = new Map<string, number>();
        for (const { alarmId, sequence } of settled) {
          expect(sequence).toBeGreaterThan(last.get(alarmId ?? '') ?? 0);
          last.set(alarmId ?? '', sequence);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('schedule', () => {
  const wait = (rank: number, attempts: number, retryAfterMs: number | null = null, deadline = NEVER) =>
    (retryAt({ rank, attempts, at: T0, retryAfterMs, deadline, random: 0.5 }) - T0) / 1000;

  test('red and orange are tried after 1, 2, 5, 10, 30 s, then every 60 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50].map((attempts) => wait(3, attempts))).toEqual([1, 2, 5, 10, 30, 60, 60, 60]);
    expect(wait(2, 1)).toBe(1);
  });

  test('yellow and blue after 5 s, 30 s, 2 min, 10 min, then hourly', () => {
    expect([1, 2, 3, 4, 5, 6].map((attempts) => wait(0, attempts))).toEqual([5, 30, 120, 600, 3600, 3600]);
  });

  test('Retry-After prolongs the wait, within reason', () => {
    expect(wait(3, 1, 7000)).toBe(7);
    expect(wait(3, 6, 7000)).toBe(60);
    expect(wait(3, 1, 3_600_000)).toBe(300);
    expect(wait(0, 1, 3_600_000)).toBe(3600);
  });

  test('the last attempt is made at the deadline', () => {
    expect(wait(0, 5, null, T0 + 90_000)).toBe(90);
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['999999999', 3_600_000],
    ['Sat, 21 Nov 2026 00:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 00:00:00 GMT', 0],
    ['-5', null],
    ['3.5', null],
    ['soon', null],
    ['', null],
    [null, null],
  ])('reads Retry-After %s as %s ms', (header, expected) => {
    expect(parseRetryAfter(header, T0)).toBe(expected);
  });
});
