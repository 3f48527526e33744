import { expect, test } from 'vitest';
import { deviceWire } from '../../../src/api/device.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import { configurationOf, FIXTURES } from '../config/directory.ts';

const { devices } = configurationOf(loadConfiguration(`${FIXTURES}rules-good`, {}));

test('a device tells its rules, and where their numbers come from', () => {
  const device = devices.get('s/one');
  if (!device) throw new Error('the fixture has no device one');
  const { rules, overrides } = deviceWire(device, { lastSeenAt: null, online: null });
  expect(rules.find(({ id }) => id === 'pressure.deviation.high')).toEqual({
    id: 'pressure.deviation.high',
    kind: 'deviation',
    point: 'pressure',
    title: null,
    unit: 'kPa',
    levels: [
      {
        name: '',
        rank: 1,
        at: 1,
        sense: 'above',
        deadband: 0.2,
        onDelayMs: 0,
        offDelayMs: 0,
        tier: 'yellow',
        latch: false,
      },
    ],
    onBad: 'hold',
    why: null,
    origin: 'setting sheet 7',
    change: 'MOC-1',
  });
  expect(rules.find(({ id }) => id === 'pressure-doubt')).toMatchObject({
    point: null,
    kind: 'discrepancy',
    origin: null,
  });
  expect(rules.some(({ id }) => id === 'door.state')).toBe(false);
  expect(overrides.find(({ name }) => name === 'door.state')).toMatchObject({ at: null, change: 'MOC-2' });
});
