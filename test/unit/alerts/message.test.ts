import { describe, expect, test } from 'vitest';
import { alarmMessage, endedMessage } from '../../../src/alerts/message.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Quality } from '../../../src/model/quality.ts';
import type { Value } from '../../../src/model/reading.ts';
import { buildLimit, buildRate, watch, watchedDevice } from '../../helpers/watched.ts';
import { configurationOf, FIXTURES } from '../config/directory.ts';

const { devices } = configurationOf(loadConfiguration(`${FIXTURES}rules-good`, {}));
const plain = devices.get('s/plain');
if (!plain) throw new Error('the fixture has no device plain');
const titles: Readonly<Record<string, { en: string; zh: string }>> = {
  pressure: { en: 'Pressure', zh: '压力' },
  target: { en: 'Set point', zh: '设定值' },
  word: { en: 'Status', zh: '状态字' },
  valve: { en: 'Valve', zh: '阀门' },
  door: { en: 'Door', zh: '柜门' },
};
const device = {
  ...plain,
  points: plain.points.map((point) => ({ ...point, title: titles[point.id] ?? point.title })),
};

type Values = Readonly<Record<string, Value>>;

/** The sentence of the first alarm named so, once values were sent and the delays are over. */
function sentence(condition: string, values: Values, qualities: Readonly<Record<string, Quality>> = {}) {
  const { changes } = watch(device).read(0, values, { qualities }).tick(170);
  const change = changes.find(({ level }) => level?.condition === condition);
  if (!change?.level) throw new Error(`no ${condition}: ${changes.map(({ level }) => level?.condition).join(', ')}`);
  const { en, zh } = alarmMessage(change, change.level);
  return [en.slice('s / plain: '.length), zh.slice('s / plain：'.length)];
}

describe('what an operator reads', () => {
  test.each<[string, Values, string[]]>([
    [
      'pressure.deviation.high',
      { pressure: 3, target: 2 },
      [
        'Pressure 1 kPa above its set point (limit 0.5 kPa), now 3 kPa',
        '压力高于设定值 1 kPa（限值 0.5 kPa），当前 3 kPa',
      ],
    ],
    [
      'pressure.deviation.low',
      { pressure: 1, target: 2 },
      ['Pressure 1 kPa below its set point (limit 1 kPa), now 1 kPa', '压力低于设定值 1 kPa（限值 1 kPa），当前 1 kPa'],
    ],
    [
      'target.deviation.either',
      { target: 4 },
      [
        'Set point 2 kPa off its set point (limit 1 kPa), now 4 kPa',
        '设定值偏离设定值 2 kPa（限值 1 kPa），当前 4 kPa',
      ],
    ],
    ['door.state', { door: true }, ['Door open, now true', '柜门开启，当前 true']],
    ['word.bits.mode', { word: 0x1_0000_0004 }, ['Status: mode, now 4294967300', '状态字：mode，当前 4294967300']],
    [
      'pressure-doubt',
      { pressure: 8, target: 5 },
      ['Pressure and Set point disagree, 3 kPa (limit 2 kPa)', '压力与设定值不一致，3 kPa（限值 2 kPa）'],
    ],
    [
      'door-valve',
      { door: true, valve: 'closed' },
      ['Valve does not follow Door, now closed', '阀门与柜门指令不符，当前 closed'],
    ],
  ])('of %s', (condition, values, expected) => {
    expect(sentence(condition, values)).toEqual(expected);
  });

  test('of a bad measurement', () => {
    expect(sentence('pressure.bad', { pressure: null })).toEqual(['Pressure cannot be measured', '压力测量值无效']);
    expect(sentence('pressure.bad', { pressure: 12 }, { pressure: 'bad' })).toEqual([
      'Pressure cannot be measured, now 12 kPa',
      '压力测量值无效，当前 12 kPa',
    ]);
  });

  test('of a rule that a bad input trips', () => {
    const bad = { pressure: 'bad' } as const;
    expect(sentence('pressure.deviation.low', { pressure: 2, target: 2 }, bad)).toEqual([
      'Pressure too far below its set point, now 2 kPa, its input is bad',
      '压力低于设定值过多，当前 2 kPa，输入无效',
    ]);
  });

  test('of a stuck value', () => {
    const watching = watch(device);
    for (let minute = 0; minute <= 30; minute++) watching.read(minute * 60, { pressure: 2, target: 2 });
    const change = watching.changes[0];
    if (!change?.level) throw new Error('nothing was told');
    expect(alarmMessage(change, change.level).en).toBe(
      's / plain: Pressure does not move, now 2 kPa, 1800 s (limit 1800 s)',
    );
  });
});

describe('what an operator reads once it is over', () => {
  const one = watchedDevice({ id: 'one', limits: [buildLimit('H', 40)] });
  const was = { condition: 'p.H', limit: 40 };

  /** The last thing told of a high value that went down to `value`, as if it had been against `limit`. */
  function ended(value: number, limit: number): { en: string; zh: string } {
    const change = watch(one)
      .at(0, 50)
      .at(60, value)
      .tick(600)
      .changes.find(({ level }) => !level);
    if (!change) throw new Error('it has not ended');
    return endedMessage(change, { ...was, limit });
  }

  test('of a limit', () => {
    expect(ended(5, 40).en).toMatch(/back to normal, now 5 kPa \(was: high, limit 40 kPa\)$/);
    expect(ended(5, 40).zh).toMatch(/恢复正常，当前 5 kPa（原高报，限值 40 kPa）$/);
  });

  test('of a limit that was changed while the value is beyond it: that is not normal', () => {
    expect(ended(5, 4).en).toMatch(/alarm over, now 5 kPa \(was: high, limit 4 kPa\)$/);
  });

  test('of a rate, which gives the change and its window while it holds', () => {
    const fast = watch(watchedDevice({ id: 'fast', rates: [buildRate('rising', 1)] }));
    for (let s = 0; s <= 120; s += 10) fast.at(s, s / 10);
    for (let s = 130; s <= 400; s += 10) fast.at(s, 12);
    const [on, off] = [fast.changes.find(({ level }) => level), fast.changes.find(({ level }) => !level)];
    if (!on?.level || !off) throw new Error('nothing was told');
    expect(alarmMessage(on, on.level).en).toMatch(/rising fast, \+[\d.]+ kPa in [^,]+ \(limit 1 kPa in [^,]+\), now/);
    expect(endedMessage(off, { condition: 'p.rising', limit: 1 }).en).toMatch(/rising fast: over, now 12 kPa$/);
  });
});
