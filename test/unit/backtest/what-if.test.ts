import { describe, expect, test } from 'vitest';
import { parsePast } from '../../../src/backtest/past-span.ts';
import { applySettings, parseSetting } from '../../../src/backtest/what-if.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRate, buildRule, ruledDevice, watchedDevice } from '../../helpers/watched.ts';

const cabinet = watchedDevice({
  limits: [buildLimit('H', 6, { deadband: 0.5 }), buildLimit('HH', 8)],
  rates: [buildRate('falling', 2)],
});
const tank = ruledDevice({ level: 'number', pump: 'boolean' }, [
  buildRule('pump-off', { kind: 'state', point: 1, values: [false], listed: 'alarm' }),
  buildRule(
    'off-target',
    { kind: 'deviation', point: 0, from: { value: 5 }, side: 'either' },
    { at: 2 },
    { unit: 'm' },
  ),
]);

function set(...texts: string[]) {
  const devices = new Map([
    ['cabinet', cabinet],
    ['tank', tank],
  ]);
  const changed = applySettings(devices, texts.map(parseSetting));
  return { cabinet: changed.get('cabinet'), tank: changed.get('tank') };
}

describe('what if', () => {
  test.each([
    ['p.H.deadband=0.2', { name: 'p.H', key: 'deadband', value: 0.2 }],
    ['slam-shut-failed.onDelay=90s', { name: 'slam-shut-failed', key: 'onDelay', value: 90_000 }],
    ['p.falling.by=1e1', { name: 'p.falling', key: 'by', value: 10 }],
  ])('%s', (text, setting) => {
    expect(parseSetting(text)).toEqual({ text, ...setting });
  });

  test.each(['p.H', 'p.H.tier=red', 'deadband=1', 'p.H.at=', 'p.H.at=high', 'p.H.onDelay=5', 'p.H.at=Infinity'])(
    '%s is refused',
    (text) => {
      expect(() => parseSetting(text)).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }));
    },
  );

  test('changes limits, rates and rules, and nothing else', () => {
    const changed = set('p.H.at=5', 'p.H.offDelay=2m', 'p.falling.by=3', 'off-target.by=1', 'pump-off.onDelay=1s');
    expect(changed.cabinet?.points[0]).toMatchObject({
      limits: [{ name: 'H', at: 5, deadband: 0.5, offDelayMs: 120_000 }, buildLimit('HH', 8)],
      rates: [{ by: 3, direction: 'falling' }],
    });
    expect(changed.tank?.rules).toMatchObject([{ levels: [{ at: 1, onDelayMs: 1_000 }] }, { levels: [{ at: 1 }] }]);
    expect(cabinet.points[0]?.limits[0]).toMatchObject({ at: 6, offDelayMs: 0 });
  });

  test('devices that shared their points go on sharing them', () => {
    const twin = { ...cabinet, key: 'wujin-gas/cab-002' };
    const devices = new Map([
      ['a', cabinet],
      ['b', twin],
    ]);
    const changed = applySettings(devices, [parseSetting('p.H.at=5')]);
    expect(changed.get('a')?.points).toBe(changed.get('b')?.points);
  });

  test.each([
    ['p.L.at=1', 'SETTING_UNKNOWN', /p\.H, p\.HH, p\.falling|off-target/],
    ['p.H.at=9', 'SETTING_UNSOUND', /must rise/],
    ['p.H.deadband=-1', 'SETTING_UNSOUND', /0 or more/],
    ['p.H.by=1', 'SETTING_INVALID', /has at/],
    ['p.falling.at=1', 'SETTING_INVALID', /has by/],
    ['pump-off.at=2', 'SETTING_INVALID', /yes or no/],
    ['off-target.deadband=-1', 'SETTING_UNSOUND', /0 or more/],
  ])('%s: %s', (text, code, message) => {
    expect(() => set(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

test.each([
  ['14d', NOON - 14 * 86_400_000],
  ['90m', NOON - 5_400_000],
  ['2026-11-01', Date.UTC(2026, 9, 31, 16)],
  ['2026-11-01T08:00', Date.UTC(2026, 10, 1)],
  ['2026-11-01T08:00:00.5', Date.UTC(2026, 10, 1) + 500],
  ['2026-11-01T08:00+08:00', Date.UTC(2026, 10, 1)],
  ['2026-11-01T00:00:00.5Z', Date.UTC(2026, 10, 1) + 500],
])('%s is a time', (text, time) => {
  expect(parsePast(text, NOON, 'Asia/Shanghai')).toBe(time);
});

test.each(['yesterday', '2026-13-01', '2026-11-01Z', '08:00', '14', ''])('%s is none', (text) => {
  expect(() => parsePast(text, NOON, 'Asia/Shanghai')).toThrow(expect.objectContaining({ code: 'INSTANT_INVALID' }));
});

test.each([
  ['2026-03-29T01:59', '2026-03-29T00:59Z'],
  ['2026-03-29T03:00', '2026-03-29T01:00Z'],
  ['2026-10-25T00:00', '2026-10-24T22:00Z'],
  ['2026-10-26', '2026-10-25T23:00Z'],
])('%s of Berlin is %s, though clocks are changed that day', (text, time) => {
  expect(parsePast(text, NOON, 'Europe/Berlin')).toBe(Date.parse(time));
});
