import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlarmRecorder } from '../../../src/backtest/past-alarm.ts';
import type { Device } from '../../../src/model/device.ts';
import { QUALITIES } from '../../../src/model/quality.ts';
import type { Reading } from '../../../src/model/reading.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { readingAt } from '../../../src/store/scan.ts';
import { buildReading, NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRate, watchedDevice } from '../../helpers/watched.ts';
import { batchesOf, judgeAll, rulesOf, SETTINGS } from './past.ts';

const LADDER = [
  buildLimit('L', 2, { deadband: 0.2, onDelayMs: 2_000 }),
  buildLimit('H', 6, { deadband: 0.5, onDelayMs: 3_000, offDelayMs: 5_000 }),
  buildLimit('HH', 8, { deadband: 0.5, latch: true }),
];

function at(device: Device, second: number, p: number, rest: Partial<Reading> = {}): Reading {
  const ts = NOON + second * 1000;
  const reading = buildReading(device, { values: { p } });
  return { ...reading, ts, receivedAt: ts + 200, ...rest };
}

/** Raised and returned in seconds, condition, peak, escalations. */
function seen(device: Device, readings: readonly Reading[], end: number | null = null) {
  const { alarms } = judgeAll(rulesOf([device]), readings, end === null ? null : NOON + end * 1000);
  const second = (time: number | null) => (time === null ? null : (time - NOON) / 1000);
  return alarms.map((alarm) => [
    second(alarm.raisedAt),
    second(alarm.returnedAt),
    alarm.condition,
    alarm.peak,
    alarm.calls.length - 1,
  ]);
}

describe('judging the past', () => {
  const device = watchedDevice({ limits: LADDER });
  const feed = (values: readonly number[]) => values.map((value, second) => at(device, second, value));

  test('one alarm climbs, is told with its worst condition and its peak, and ends', () => {
    const values = [4, 7, 7, 7, 7, 9, 9.5, 7, 4, 4, 4, 4, 4, 4, 4, 4];
    expect(seen(device, feed(values))).toEqual([[4, 13, 'p.HH', 9.5, 1]]);
  });

  test('delays run out between readings and until the end that is asked for', () => {
    expect(seen(device, [at(device, 0, 4), at(device, 1, 7)])).toEqual([]);
    expect(seen(device, [at(device, 0, 4), at(device, 1, 7)], 60)).toEqual([[4, null, 'p.H', 7, 0]]);
  });

  test('a latched alarm is reset when it is over, so each raise is one', () => {
    expect(seen(device, feed([4, 9, 4, 9, 4]))).toEqual([
      [1, 2, 'p.HH', 9, 0],
      [3, 4, 'p.HH', 9, 0],
    ]);
  });

  test('a bad value is no peak', () => {
    const readings = feed([4, 9, 9, 9.2]);
    const bad = { ...at(device, 4, 9.9), qualities: ['bad' as const] };
    expect(seen(device, [...readings, bad])).toEqual([[1, null, 'p.HH', 9.2, 0]]);
  });

  test('silence is an alarm at its instant, but not of a device that never spoke', () => {
    const speaks = watchedDevice({ absentAfterMs: 60_000 });
    const mute = watchedDevice({ absentAfterMs: 60_000, id: 'cab-002' });
    const devices = [speaks, { ...mute, profile: speaks.profile }];
    const { alarms, unheard } = judgeAll(rulesOf(devices), [at(speaks, 0, 4), at(speaks, 300, 4)]);
    expect(unheard).toEqual(['wujin-gas/cab-002']);
    expect(alarms).toMatchObject([{ condition: 'absent', raisedAt: NOON + 60_000, returnedAt: NOON + 300_000 }]);
  });

  test('devices that the rules do not have are named', () => {
    const other = { ...device, key: 'wujin-gas/cab-009', id: 'cab-009' };
    expect(judgeAll(rulesOf([device]), [at(device, 0, 4), at(other, 1, 9)])).toMatchObject({
      unknown: ['wujin-gas/cab-009'],
      readings: 1,
      values: 1,
      alarms: [],
    });
  });

  test('no readings: no span', () => {
    expect(judgeAll(rulesOf([device]), [])).toMatchObject({ span: null, readings: 0, alarms: [] });
  });

  describe('by the time of arrival', () => {
    const judgeArrival = (readings: readonly Reading[]) =>
      judgeAll(rulesOf([device], { arrival: 'received' }), readings, NOON + 600_000);

    test('what was late is recorded only, as it was then', () => {
      const late = at(device, 0, 9, { receivedAt: NOON + 400_000 });
      expect(judgeArrival([late, at(device, 1, 4)])).toMatchObject({ late: 1, alarms: [] });
      expect(judgeAll(rulesOf([device]), [late, at(device, 1, 4)]).alarms).toHaveLength(1);
    });

    test('historical readings judge nothing', () => {
      expect(judgeArrival([at(device, 0, 9, { historical: true })]).alarms).toEqual([]);
    });

    test('the engine is given the order of arrival', () => {
      const overtaken = at(device, 1, 9, { receivedAt: NOON + 30_000 });
      // Had it come in time it would have raised HH; 29 s late it is older than the newest and beyond the lateness.
      expect(judgeArrival([at(device, 0, 4), overtaken, at(device, 20, 4)]).alarms).toEqual([]);
    });
  });

  test('filling one reading anew changes nothing: the engine says what it says of readings of their own', () => {
    const profileOf = watchedDevice({ limits: LADDER, rates: [buildRate('rising', 4)], absentAfterMs: 30_000 });
    const devices = ['a', 'b', 'c'].map((id) => ({ ...profileOf, id, key: `wujin-gas/${id}` }));
    const sample = fc.record({
      device: fc.nat(2),
      gap: fc.integer({ min: 1, max: 40_000 }),
      value: fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: null }),
      grade: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 120 }), (samples) => {
        let ts = NOON;
        const readings = samples.map(({ device: index, gap, value, grade }) => {
          ts += gap;
          const own = devices[index] ?? profileOf;
          const quality = value === null ? 'bad' : (QUALITIES[grade] ?? 'good');
          return { ...at(own, 0, 0), ts, receivedAt: ts, values: [value], qualities: [quality] };
        });
        expect(judgeAll(rulesOf(devices), readings).alarms).toEqual(directly(devices, readings));
      }),
      { numRuns: 60 },
    );
  });
});

/** The same with the engine itself, each reading an object of its own. */
function directly(devices: readonly Device[], readings: readonly Reading[]) {
  const recorder = new AlarmRecorder();
  const byKey = new Map(devices.map((device) => [device.key, device]));
  const engine = new Engine(byKey, SETTINGS, (change) => recorder.take(change));
  const heard = new Set<string>();
  let seq = 1;
  for (const batch of batchesOf(readings)) {
    for (let row = 0; row < batch.rows; row++) {
      const key = batch.devices[batch.device[row] ?? 0] ?? '';
      const device = byKey.get(key);
      if (!device) continue;
      const reading = readingAt(batch, row, device);
      if (seq === 1) engine.resume(reading.ts, 0, 0, seq);
      heard.add(key);
      engine.step(reading, ++seq);
      for (const alarm of recorder.laddersOf(key)) {
        const [value] = reading.values;
        if (typeof value !== 'number' || reading.qualities?.[0] === 'bad') continue;
        const peak = alarm.peak ?? value;
        alarm.peak = alarm.direction === 'high' ? Math.max(peak, value) : Math.min(peak, value);
      }
    }
  }
  return recorder.alarms.filter(({ device }) => heard.has(device));
}
