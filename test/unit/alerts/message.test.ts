import { describe, expect, test } from 'vitest';
import { alarmMessage } from '../../../src/alerts/message.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Quality } from '../../../src/model/quality.ts';
import type { Value } from '../../../src/model/reading.ts';
import { watch } from '../../helpers/watched.ts';
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
        'Pressure too far above its set point, now 3 kPa, 1 kPa (limit 0.5 kPa)',
        '压力高于设定值过多，当前 3 kPa，1 kPa（限值 0.5 kPa）',
      ],
    ],
    [
      'pressure.deviation.low',
      { pressure: 1, target: 2 },
      [
        'Pressure too far below its set point, now 1 kPa, 1 kPa (limit 1 kPa)',
        '压力低于设定值过多，当前 1 kPa，1 kPa（限值 1 kPa）',
      ],
    ],
    [
      'target.deviation.either',
      { target: 4 },
      [
        'Set point off its set point, now 4 kPa, 2 kPa (limit 1 kPa)',
        '设定值偏离设定值，当前 4 kPa，2 kPa（限值 1 kPa）',
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
