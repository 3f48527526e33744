import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileTemplate } from '../../../../src/alerts/template.ts';
import { inLanguage } from '../../../../src/alerts/templates/bilingual.ts';
import { oneLine, plainInCard, plainInMarkdown } from '../../../../src/alerts/templates/fit.ts';
import { createSpeaker } from '../../../../src/alerts/templates/message.ts';
import { SAMPLE_KINDS, sampleAlarm, sampleEvent } from '../../../../src/alerts/templates/sample.ts';
import { shortMessage } from '../../../../src/alerts/templates/short.ts';
import { spoken } from '../../../../src/alerts/templates/speech.ts';
import { viewOf } from '../../../../src/alerts/templates/view.ts';
import type { Alarm, AlarmEventType } from '../../../../src/model/alarm.ts';
import { buildAlarmEvent } from '../../../helpers/delivery-rig.ts';
import { TEST_WORDING } from '../../../helpers/routing.ts';

const AT = Date.UTC(2026, 10, 21, 14, 3, 11, 204);
const ESCAPES = { title: plainInMarkdown, text: plainInMarkdown };
const NO_TEMPLATE = { title: null, text: null };

function event(type: AlarmEventType = 'raised', parts: Partial<Alarm> = {}) {
  return buildAlarmEvent(1, type, {
    at: AT,
    tier: 'red',
    message: {
      en: 'Wujin Gas / Cabinet 001: Outlet pressure high-high, 4.1 kPa (limit 4 kPa)',
      zh: '武进燃气 / 001号调压柜：出口压力高高报，4.1 kPa（限值 4 kPa）',
    },
    ...parts,
  });
}

function say(template: { title: string | null; text: string | null }, language: 'en' | 'zh' = 'zh') {
  const faults: string[] = [];
  const speak = createSpeaker({ template, language }, ESCAPES, (reason) => faults.push(reason));
  return { faults, of: (told = event()) => speak(told, TEST_WORDING) };
}

describe('built-in messages', () => {
  test('Chinese: the tier first, then what happened, where and how much, and that it is no public warning', () => {
    const { title, text } = say(NO_TEMPLATE).of();
    expect(title).toBe('【红色】报警');
    expect(text.split('\n')).toEqual([
      '武进燃气 / 001号调压柜：出口压力高高报，4.1 kPa（限值 4 kPa）',
      '发生：2026-11-21 22:03:06',
      '可能原因：regulator fails open',
      '处置：close the inlet valve',
      '编号：alm_1',
      '内部报警，非政府预警发布。',
    ]);
  });

  test.each([
    ['escalated', '【红色】报警升级', 'Red: alarm escalated'],
    ['cleared', '【红色】报警解除', 'Red: alarm over'],
    ['acknowledged', '【红色】报警已确认', 'Red: acknowledged'],
    ['shelved', '【红色】报警已搁置', 'Red: shelved'],
  ] as const)('%s', (type, zh, en) => {
    expect(say(NO_TEMPLATE).of(event(type)).title).toBe(zh);
    expect(say(NO_TEMPLATE, 'en').of(event(type)).title).toBe(en);
  });

  test('what to do is said only where somebody is to do something', () => {
    for (const type of ['acknowledged', 'returned', 'cleared', 'closed', 'shelved', 'commented'] as const) {
      expect(say(NO_TEMPLATE).of(event(type)).text).not.toContain('处置：');
    }
    for (const type of ['escalated', 'realarmed', 'repeated', 'overdue'] as const) {
      expect(say(NO_TEMPLATE).of(event(type)).text).toContain('处置：close the inlet valve');
    }
    expect(say(NO_TEMPLATE).of(event('unshelved', { state: 'unacknowledged' })).text).toContain('处置：');
    expect(say(NO_TEMPLATE).of(event('unshelved', { state: 'acknowledged' })).text).not.toContain('处置：');
  });

  test('of a text that is written twice, the part in the language', () => {
    const why = { cause: 'Leak / 泄漏', consequence: 'CH4 / 空气', action: '关闭 V-1 / 打开 V-2', responseTimeMs: 1 };
    const zh = say(NO_TEMPLATE).of(event('raised', { why })).text;
    expect(zh).toContain('可能原因：泄漏\n后果：空气\n处置：关闭 V-1 / 打开 V-2');
    const en = say(NO_TEMPLATE, 'en').of(event('raised', { why })).text;
    expect(en).toContain('Likely cause: Leak\nConsequence: CH4\nAction: 关闭 V-1 / 打开 V-2');
    for (const text of ['a / b', 'a / 泄漏 / c', 'V-1/阀门', '泄漏', '', '3 / 台'])
      expect(inLanguage(text, 'zh')).toBe(text);
  });

  test('the list of conversations shows the message in short, or the own title', () => {
    expect(say(NO_TEMPLATE).of().notice).toBe(
      '【红色】报警 武进燃气 / 001号调压柜：出口压力高高报，4.1 kPa（限值 4 kPa）',
    );
    expect(say({ title: '{{ tierTitle }}', text: null }).of().notice).toBe('红色');
  });

  test('a notice about Davylamp itself: times by the wall clock, and in an SMS its beginning', () => {
    const zh = `停用即将结束，至 2026-11-21T14:10:00.000Z，届时：${'长'.repeat(60)}`;
    const message = { en: 'ends at 2026-11-21T14:10:00Z', zh };
    const told = {
      id: 'evt_1',
      type: 'davylamp.system.bypass-expiring',
      at: AT,
      code: 'X',
      message,
      details: {},
    } as const;
    const { view, text } = createSpeaker({ template: NO_TEMPLATE, language: 'zh' }, ESCAPES, () => {})(
      told,
      TEST_WORDING,
    );
    expect(text).toContain('至 2026-11-21 22:10:00，届时');
    expect(text).toContain('（system.bypass-expiring）');
    expect(view.sms).toHaveLength(70);
    expect(view.sms.startsWith('系统通知 停用即将结束，至 2026-11-21 22:10:00，届时：长')).toBe(true);
    expect(viewOf(told, 'en', TEST_WORDING).sentence).toBe('ends at 2026-11-21 22:10:00');
  });

  test('an exercise says so beside the tier, once', () => {
    const told = event('raised', {
      status: 'exercise',
      message: { en: 'EXERCISE: Wujin Gas / C1: high', zh: '【演练】武进燃气 / 001号：高报' },
    });
    const { title, text } = say(NO_TEMPLATE).of(told);
    expect(title).toBe('【红色】【演练】报警');
    expect(text.startsWith('武进燃气 / 001号：高报\n')).toBe(true);
    expect(say(NO_TEMPLATE, 'en').of(told).title).toBe('Red EXERCISE: alarm');
  });

  test('an overdue promise says which, and how far it went', () => {
    const told = {
      ...event('overdue'),
      details: { promise: 'acknowledge', step: 2, level: '街道', to: [] } as const,
    };
    const { title, text } = say(NO_TEMPLATE).of(told);
    expect(title).toBe('【红色】未按时确认');
    expect(text).toContain('升级至：街道');
  });

  test.each(SAMPLE_KINDS)('%s can be said in both languages', (kind) => {
    for (const language of ['en', 'zh'] as const) {
      const told = sampleEvent(kind, sampleAlarm(AT), 'duty', AT);
      const { faults } = say(NO_TEMPLATE, language);
      const { title, text } = createSpeaker({ template: NO_TEMPLATE, language }, ESCAPES, (fault) => {
        throw new Error(fault);
      })(told, TEST_WORDING);
      expect(faults).toEqual([]);
      expect(title.length).toBeGreaterThan(3);
      expect(text).not.toMatch(/undefined|null|\[object|\n\s*\n/);
    }
  });
});

describe('templates of the configuration', () => {
  test('say it in their words', () => {
    const { of } = say({
      title: '{{ tierTitle }} {{ alarm.condition | raw }}',
      text: '{{ alarm.value }} {{ alarm.unit }}',
    });
    expect(of()).toMatchObject({ title: '红色 outletPressure.HH', text: '4.1 kPa' });
  });

  test('one that fails for an event is replaced by the built-in one, and somebody hears of it', () => {
    const { faults, of } = say({ title: '{{ alarm.nothing }}', text: null });
    expect(of().title).toBe('【红色】报警');
    expect(faults).toEqual(['undefined variable: alarm.nothing, line:1, col:4']);
  });

  test.each([
    ['{{ "now" | date: "%Y" }}', 'undefined filter: date'],
    ['{{ alarm.tags | sample }}', 'undefined filter: sample'],
    ['{{ alarm', 'not closed'],
    ['{% if %}', 'invalid value expression'],
  ])('%s cannot be compiled', (source, words) => {
    expect(() => compileTemplate(source, oneLine)).toThrow(words);
  });

  test.each([
    ['{% include "/etc/passwd" %}', 'ENOENT'],
    ['{% render "../package.json" %}', 'ENOENT'],
    ['{% for i in (1..1000000000) %}x{% endfor %}', 'limit'],
    ['{{ alarm.constructor }}', 'undefined variable'],
    ['{{ alarm.__proto__.polluted }}', 'undefined variable'],
  ])('%s reaches nothing', (source, words) => {
    const template = compileTemplate(source, oneLine);
    expect(() => template.render(viewOf(event(), 'zh', TEST_WORDING))).toThrow(words);
  });
});

describe('values are only text', () => {
  const HOSTILE =
    '@all ![x](http://evil.example/a.png) [here](https://evil.example)\n# head <at id=all></at> `x` **b** ---';

  test.each([
    ['DingTalk and WeCom', plainInMarkdown, /[\\`*_~#[\]<>|!@&\n]|:\/\/|---/],
    ['Feishu', plainInCard, /[\\`*_~[\]<>|!@\n]|:\/\/|--/],
  ])('%s', (_, harmless, markup) => {
    expect(harmless(HOSTILE).replaceAll(/&#\d+;/g, '')).not.toMatch(markup);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(harmless(value).replaceAll(/&#\d+;/g, '')).not.toMatch(markup);
      }),
    );
  });

  test('a device with such a name cannot call anybody from a message', () => {
    const told = event('raised', { message: { en: HOSTILE, zh: HOSTILE } });
    expect(say(NO_TEMPLATE).of(told).text.split('\n')[0]).not.toMatch(/[@[\]<>!#]/);
  });
});

describe('one part of an SMS', () => {
  const HEAD = '【红色】报警 ';

  test('a message that fits is whole', () => {
    const { sms } = viewOf(event(), 'zh', TEST_WORDING);
    expect(sms).toBe('【红色】报警 武进燃气 / 001号调压柜：出口压力高高报，4.1 kPa（限值 4 kPa）');
  });

  test('of a long one the limit goes first, then the middle of the place; what and how much stay', () => {
    const place = '某某经济技术开发区化工集中区第三储运中心 / T-101 号液化石油气球形储罐（北区二十四号路东侧）';
    const sms = shortMessage(HEAD, `${place}：围堰可燃气体高高报，50 %LEL（限值 50 %LEL）`, 'zh');
    expect(sms).toHaveLength(70);
    expect(sms).toMatch(/^【红色】报警 某某经济.*….*东侧）：围堰可燃气体高高报，50 %LEL$/);
  });

  test('never longer than one part, whatever it says, unless the head is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.constantFrom('zh' as const, 'en' as const),
        (text, language) => {
          const sms = shortMessage(HEAD, text, language);
          expect(sms.length).toBeLessThanOrEqual(language === 'zh' ? 70 : 160);
          expect(sms.startsWith(HEAD)).toBe(true);
          expect(Buffer.from(sms).toString()).toBe(sms);
        },
      ),
    );
  });
});

describe('for a voice', () => {
  test.each([
    [
      '【红色】报警。T-101：出口压力高高报，4.1 kPa（限值 4 kPa）',
      'zh',
      '红色，报警。T-101，出口压力高高报，4.1千帕，限值 4千帕',
    ],
    ['可燃气体高报，25 %LEL', 'zh', '可燃气体高报，百分之25爆炸下限'],
    ['温度 -3.5 °C，上升 +6 °C', 'zh', '温度 负3.5摄氏度，上升 正6摄氏度'],
    [
      'Red: alarm. Tank T-101: Gas high, 25 %LEL (limit 20 %LEL)',
      'en',
      'Red, alarm. Tank T-101, Gas high, 25 percent of the lower explosive limit, limit 20 percent of the lower explosive limit',
    ],
  ] as const)('%s', (sentence, language, words) => {
    expect(spoken(sentence, language)).toBe(words);
  });
});
