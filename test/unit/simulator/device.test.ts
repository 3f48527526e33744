import { describe, expect, test } from 'vitest';
import { createDevice, DEVICE_CLASSES, DEVICE_POINTS, type DeviceClass } from '../../../devices/simulator/device.ts';
import { parseDuration } from '../../../src/model/duration.ts';
import type { Value } from '../../../src/model/reading.ts';
import { shippedProfiles } from './shipped-profiles.ts';

const NOTHING = new Map<string, Value>();

function day(deviceClass: DeviceClass, seed: string, stepMs = 10_000): Record<string, Value>[] {
  const device = createDevice(deviceClass, seed, 0);
  return Array.from({ length: 86_400_000 / stepMs }, (_, i) => device.step(i === 0 ? 0 : stepMs, NOTHING));
}

describe.each(DEVICE_CLASSES)('%s', (deviceClass) => {
  test('reports the same values for the same seed and others for another', () => {
    const hour = (seed: string): unknown[] => day(deviceClass, seed, 60_000).slice(0, 60);
    expect(hour('7')).toEqual(hour('7'));
    expect(hour('7')).not.toEqual(hour('8'));
  });

  test('reports exactly its points, with their types', () => {
    const device = createDevice(deviceClass, '1', 0);
    const types = Object.fromEntries(Object.entries(device.step(0, NOTHING)).map(([id, value]) => [id, typeof value]));
    expect(types).toEqual(DEVICE_POINTS[deviceClass]);
  });

  test('has the points of the shipped profile', () => {
    const profile = shippedProfiles().get(deviceClass) ?? {};
    const types = Object.fromEntries(Object.entries(profile).map(([id, point]) => [id, point.type]));
    expect(types).toEqual(DEVICE_POINTS[deviceClass]);
  });

  test.each(['1', '2', '3'])('stays clear of every shipped limit for a normal day, seed %s', (seed) => {
    const profile = shippedProfiles().get(deviceClass) ?? {};
    const readings = day(deviceClass, seed);
    for (const [id, point] of Object.entries(profile)) {
      if (point.type !== 'number') continue;
      const values = readings.map((reading) => Number(reading[id]));
      const low = values.reduce((a, b) => Math.min(a, b));
      const high = values.reduce((a, b) => Math.max(a, b));
      if (point.range) {
        expect(low, `${id} range`).toBeGreaterThanOrEqual(point.range[0]);
        expect(high, `${id} range`).toBeLessThanOrEqual(point.range[1]);
      }
      for (const [name, { at, deadband = 0 }] of Object.entries(point.limits ?? {})) {
        if (name.startsWith('H')) expect(high, `${id} ${name}`).toBeLessThan(at - deadband);
        else expect(low, `${id} ${name}`).toBeGreaterThan(at + deadband);
      }
    }
  });

  test('never changes as fast as a shipped rate limit on a normal day', () => {
    const profile = shippedProfiles().get(deviceClass) ?? {};
    const stepMs = 1000;
    const readings = day(deviceClass, '4', stepMs);
    for (const [id, point] of Object.entries(profile)) {
      for (const [name, rate] of Object.entries(point.rate ?? {})) {
        const width = Math.min(parseDuration(rate.over) / stepMs, readings.length - 1);
        const values = readings.map((reading) => Number(reading[id]));
        const worst = steepest(values, width) * width;
        expect(worst, `${id} ${name}`).toBeLessThan(rate.by * 0.7);
      }
    }
  });
});

/** Largest least-squares slope per sample over windows of `width` samples. */
function steepest(values: readonly number[], width: number): number {
  const middle = (width - 1) / 2;
  const spread = (width * (width * width - 1)) / 12;
  let worst = 0;
  for (let start = 0; start + width <= values.length; start += Math.max(1, Math.floor(width / 4))) {
    let sum = 0;
    for (let i = 0; i < width; i += 1) sum += (i - middle) * (values[start + i] ?? 0);
    worst = Math.max(worst, Math.abs(sum / spread));
  }
  return worst;
}

describe('what depends on what', () => {
  function run(deviceClass: DeviceClass, forced: Record<string, Value>, seconds: number): Record<string, Value> {
    const device = createDevice(deviceClass, '1', 12 * 3_600_000);
    let values = device.step(0, NOTHING);
    for (let i = 0; i < seconds; i += 1) values = device.step(1000, new Map(Object.entries(forced)));
    return values;
  }

  test('a closed slam-shut valve empties the outlet', () => {
    expect(run('gas-regulator-cabinet', { slamShutOpen: false }, 180)['outletPressure']).toBeLessThan(0.1);
  });

  test('a faulty detector reads zero', () => {
    expect(run('gas-leak-detector', { fault: true }, 10)['concentration']).toBe(0);
  });

  test('an overflowing tank reaches the dike detector', () => {
    expect(run('hazard-tank', { level: 100 }, 120)['dikeGas']).toBeGreaterThan(40);
  });

  test('a reactor that loses its cooling runs away, ever faster, and its pressure follows', () => {
    const after = [60, 120, 160].map((s) => Number(run('dcs-unit', { coolingFlow: 2 }, s)['reactorTemperature']));
    const [first = 0, second = 0, third = 0] = after;
    expect(second - first).toBeGreaterThan(first - 140);
    expect(third).toBeGreaterThan(second);
    expect(run('dcs-unit', { reactorTemperature: 180 }, 5)['reactorPressure']).toBeGreaterThan(700);
  });

  test('the interlock of the unit ends a runaway, and the reactor finds its set point again', () => {
    const device = createDevice('dcs-unit', '1', 0);
    const temperatures = Array.from({ length: 3600 }, (_, s) => {
      const forced = new Map<string, Value>(s < 300 ? [['coolingFlow', 4]] : []);
      return Number(device.step(1000, forced)['reactorTemperature']);
    });
    expect(Math.max(...temperatures)).toBeGreaterThan(170);
    expect(Math.max(...temperatures)).toBeLessThan(190);
    expect(Math.abs((temperatures.at(-1) ?? 0) - 140)).toBeLessThan(5);
  });
});
