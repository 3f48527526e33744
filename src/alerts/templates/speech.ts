import type { Language } from '../../model/text.ts';

/** Units as they are spoken after a number; one that begins like another stands before it. */
const SPOKEN_UNITS: readonly (readonly [unit: string, spoken: Readonly<Record<Language, string>>])[] = [
  ['%LEL', { en: ' percent of the lower explosive limit', zh: '% 爆炸下限' }],
  ['%VOL', { en: ' percent by volume', zh: '% 体积浓度' }],
  ['mg/m³', { en: ' milligrams per cubic metre', zh: '毫克每立方米' }],
  ['m³/h', { en: ' cubic metres per hour', zh: '立方米每小时' }],
  ['mm/s', { en: ' millimetres per second', zh: '毫米每秒' }],
  ['°C', { en: ' degrees Celsius', zh: '摄氏度' }],
  ['MPa', { en: ' megapascals', zh: '兆帕' }],
  ['kPa', { en: ' kilopascals', zh: '千帕' }],
  ['Pa', { en: ' pascals', zh: '帕' }],
  ['mm', { en: ' millimetres', zh: '毫米' }],
  ['min', { en: ' minutes', zh: '分钟' }],
  ['m', { en: ' metres', zh: '米' }],
  ['s', { en: ' seconds', zh: '秒' }],
  ['h', { en: ' hours', zh: '小时' }],
];

const WORDS = new Map(SPOKEN_UNITS);
const UNITS = new RegExp(`(\\d) ?(${SPOKEN_UNITS.map(([unit]) => unit).join('|')})(?![A-Za-z0-9/³])`, 'g');

/** A sentence as a voice gateway can read it: units in words, and none of the characters that voices spell out. */
export function spoken(sentence: string, language: Language): string {
  const isZh = language === 'zh';
  const pause = isZh ? '，' : ', ';
  return sentence
    .replaceAll(UNITS, (_all, digit: string, unit: string) => `${digit}${WORDS.get(unit)?.[language] ?? unit}`)
    .replaceAll(/(\d+(?:\.\d+)?) ?% ?/g, isZh ? '百分之$1' : '$1 percent ')
    .replaceAll(/(?<![\p{L}\p{N}])[-+](?=\d)/gu, (sign) => signWord(sign, isZh))
    .replaceAll(/ \/ |: |[：；【】[\]()（）]/g, pause)
    .replaceAll(/[#*_~`|<>@]/g, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .replaceAll(/ ([，,])/g, '$1')
    .replaceAll(/(?: ?[，,] ?){2,}/g, pause)
    .replaceAll(/[，,] ?([。.])/g, '$1')
    .replaceAll(/^[ ，,]+|[ ，,]+$/g, '');
}

function signWord(sign: string, isZh: boolean): string {
  if (isZh) return sign === '-' ? '负' : '正';
  return sign === '-' ? 'minus ' : 'plus ';
}
