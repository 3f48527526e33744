import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer, ChannelRequest } from '../../../../src/alerts/delivery/channel.ts';
import { dingtalkRequest, judgeDingtalk } from '../../../../src/alerts/delivery/dingtalk.ts';
import { feishuRequest, judgeFeishu } from '../../../../src/alerts/delivery/feishu.ts';
import { hmacBase64, type RobotText } from '../../../../src/alerts/delivery/robot.ts';
import { judgeWecom, wecomRequest } from '../../../../src/alerts/delivery/wecom.ts';
import type { SystemEvent } from '../../../../src/model/alarm.ts';
import type { RobotSettings } from '../../../../src/model/routing.ts';
import { buildAlarmEvent } from '../../../helpers/delivery-rig.ts';

const AT = 1_795_299_592_000;
const EVENT = buildAlarmEvent(1, 'raised', { at: AT, tier: 'red' });
const SAID: RobotText = {
  title: '【红色】报警',
  text: '出口压力高高报\n编号：alm_1',
  notice: '【红色】报警 出口压力高高报',
  language: 'zh',
};
const SECRET = 'SECtest0123456789abcdef';
const PLAIN: RobotSettings = { url: 'https://robot.example/send?access_token=tok', secret: null, mention: {} };

function systemEvent(name: string): SystemEvent {
  return {
    id: 'evt_1',
    type: `davylamp.system.${name}`,
    at: AT,
    code: 'X',
    message: { en: 'x', zh: 'x' },
    details: {},
  };
}

function answer(body: object | string, status = 200): Answer {
  return { status, text: typeof body === 'string' ? body : JSON.stringify(body), retryAfterMs: null };
}

function bodyOf({ body }: ChannelRequest) {
  return JSON.parse(body ?? '');
}

describe('signatures', () => {
  test('HMAC-SHA256 as openssl works it out', () => {
    // printf 1546084445901 | openssl dgst -sha256 -hmac testappSecret -binary | base64; DingTalk's own sample as well.
    expect(hmacBase64('testappSecret', '1546084445901')).toBe('HCbG3xNE3vzhO+u7qCUL1jS5hsu2n5r2cFhnTrtyDAE=');
  });

  test('DingTalk: over timestamp and secret, in the URL, beside the token', () => {
    // printf '%s\n%s' $timestamp $secret | openssl dgst -sha256 -hmac $secret -binary | base64
    const { url } = dingtalkRequest(EVENT, SAID, { ...PLAIN, secret: SECRET }, AT);
    expect(url).toBe(
      `https://robot.example/send?access_token=tok&timestamp=${AT}&sign=mxlnYoxeMZXSuMdZeSZm2STBN5Wis5OpqQcOT59MJv4%3D`,
    );
  });

  test('Feishu: timestamp and secret are the key, over nothing, in the body', () => {
    // printf '' | openssl dgst -sha256 -hmac "$(printf '%s\n%s' 1795299592 $secret)" -binary | base64
    expect(bodyOf(feishuRequest(EVENT, SAID, { ...PLAIN, secret: SECRET }, AT))).toMatchObject({
      timestamp: '1795299592',
      sign: '52o4ok9RkW02f5MkNgby3zQiGOk2jEwDrYMitkU9E7k=',
    });
    // The sample of Feishu's documentation (secret demo), with the result that public clients expect.
    expect(bodyOf(feishuRequest(EVENT, SAID, { ...PLAIN, secret: 'demo' }, 1_599_360_473_000)).sign).toBe(
      'l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=',
    );
  });

  test('none without a secret', () => {
    expect(dingtalkRequest(EVENT, SAID, PLAIN, AT).url).toBe(PLAIN.url);
    expect(Object.keys(bodyOf(feishuRequest(EVENT, SAID, PLAIN, AT)))).toEqual(['msg_type', 'card']);
  });
});

describe('formats', () => {
  test('DingTalk: markdown with title and text; lines are broken by two spaces', () => {
    expect(bodyOf(dingtalkRequest(EVENT, SAID, PLAIN, AT))).toEqual({
      msgtype: 'markdown',
      markdown: { title: '【红色】报警 出口压力高高报', text: '### 【红色】报警\n\n出口压力高高报  \n编号：alm_1' },
      at: { atMobiles: [], isAtAll: false },
    });
  });

  test('DingTalk: who is called stands in the text too; only for the tier, and where there is something to do', () => {
    const mention = { red: ['13800000000', 'all'] };
    const { markdown, at } = bodyOf(dingtalkRequest(EVENT, SAID, { ...PLAIN, mention }, AT));
    expect(at).toEqual({ atMobiles: ['13800000000'], isAtAll: true });
    expect(markdown.text.endsWith('\n\n@13800000000')).toBe(true);
    const yellow = buildAlarmEvent(1, 'raised', { at: AT, tier: 'yellow' });
    expect(bodyOf(dingtalkRequest(yellow, SAID, { ...PLAIN, mention }, AT)).at.isAtAll).toBe(false);
    const answered = buildAlarmEvent(1, 'acknowledged', { at: AT, tier: 'red' });
    expect(bodyOf(dingtalkRequest(answered, SAID, { ...PLAIN, mention }, AT)).at.isAtAll).toBe(false);
    const report = systemEvent('daily-assessment');
    const everybody = { ...PLAIN, mention: { orange: ['all'] } };
    expect(bodyOf(dingtalkRequest(report, SAID, everybody, AT)).at.isAtAll).toBe(false);
    expect(bodyOf(dingtalkRequest(systemEvent('drill-failed'), SAID, everybody, AT)).at.isAtAll).toBe(true);
  });

  test('WeCom: markdown, or text with a list of those who are called', () => {
    expect(bodyOf(wecomRequest(EVENT, SAID, PLAIN))).toEqual({
      msgtype: 'markdown',
      markdown: { content: '**【红色】报警**\n出口压力高高报\n编号：alm_1' },
    });
    expect(bodyOf(wecomRequest(EVENT, SAID, { ...PLAIN, mention: { red: ['liwei', 'all'] } }))).toEqual({
      msgtype: 'text',
      text: { content: '【红色】报警\n出口压力高高报\n编号：alm_1', mentioned_list: ['liwei', '@all'] },
    });
  });

  test('Feishu: a card in the colour of the tier', () => {
    const { msg_type: type, card } = bodyOf(feishuRequest(EVENT, SAID, { ...PLAIN, mention: { red: ['all'] } }, AT));
    expect(type).toBe('interactive');
    expect(card.header).toEqual({ title: { tag: 'plain_text', content: '【红色】报警' }, template: 'red' });
    expect(card.elements).toEqual([
      { tag: 'markdown', content: '出口压力高高报\n编号：alm_1' },
      { tag: 'markdown', content: '<at id=all></at>' },
    ]);
  });

  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .constantFrom('硫', '😀', '"', '\\', '\n', '\ud800', 'a')
      .chain((one) => fc.integer({ min: 0, max: 30_000 }).map((count) => one.repeat(count))),
  );
  const mention = { red: ['13800000000', 'all'] };

  test('no message is longer than its robot takes, whatever it says, and it says what was left out', () => {
    fc.assert(
      fc.property(texts, texts, fc.constantFrom('zh' as const, 'en' as const), (title, text, language) => {
        const said = { title, text, notice: title, language };
        const settings = { ...PLAIN, secret: SECRET, mention };
        const requests = [
          dingtalkRequest(EVENT, said, settings, AT),
          feishuRequest(EVENT, said, settings, AT),
          wecomRequest(EVENT, said, PLAIN),
          wecomRequest(EVENT, said, settings),
        ];
        for (const { body } of requests.slice(0, 2)) expect(Buffer.byteLength(body ?? '')).toBeLessThanOrEqual(20_000);
        const [, , markdown, plain] = requests.map(bodyOf);
        expect(Buffer.byteLength(markdown.markdown.content)).toBeLessThanOrEqual(4096);
        expect(Buffer.byteLength(plain.text.content)).toBeLessThanOrEqual(2048);
        for (const { body } of requests) {
          // Characters that were whole are whole: only a lone half that was there before is a replacement now.
          const bytes = Buffer.from(body ?? '');
          expect(Buffer.from(bytes.toString('utf8')).equals(bytes)).toBe(true);
        }
        if (Buffer.byteLength(text) > 20_000) {
          expect(markdown.markdown.content).toMatch(
            language === 'zh' ? /…（省略\d+字）$/ : /… \(\d+ characters left out\)$/,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('answers', () => {
  test.each([
    ['dingtalk', judgeDingtalk, { errcode: 0, errmsg: 'ok' }],
    ['wecom', judgeWecom, { errcode: 0, errmsg: 'ok' }],
    ['feishu', judgeFeishu, { code: 0, msg: 'success', data: {}, StatusCode: 0 }],
    ['feishu, older', judgeFeishu, { Extra: null, StatusCode: 0, StatusMessage: 'success' }],
  ])('%s: 0 is delivered', (_, judge, body) => {
    expect(judge(answer(body))).toEqual({ kind: 'delivered', status: 200 });
  });

  test.each([
    ['dingtalk', judgeDingtalk, { errcode: 130101, errmsg: 'send too fast, exceed 20 times per minute' }, 60_000],
    ['wecom', judgeWecom, { errcode: 45009, errmsg: 'api freq out of limit' }, 60_000],
    ['feishu', judgeFeishu, { code: 11232, msg: 'frequency limited psm[lark.oapi…]' }, 10_000],
  ])('%s: told too much, it is left alone for a while', (_, judge, body, retryAfterMs) => {
    expect(judge(answer(body))).toMatchObject({ kind: 'retry', code: 'throttled', status: 200, retryAfterMs });
  });

  test.each([
    [judgeDingtalk, { errcode: 310000, errmsg: 'keywords not in content' }, 'security settings'],
    [judgeDingtalk, { errcode: 300005, errmsg: 'token is not exist' }, 'access token'],
    [judgeWecom, { errcode: 93000, errmsg: 'invalid webhook url, hint: [secret-hint]' }, 'key in the URL'],
    [judgeFeishu, { code: 19021, msg: 'sign match fail' }, 'signature does not match'],
    [judgeFeishu, { code: 19024, msg: 'Key Words Not Found' }, 'keywords'],
    [judgeDingtalk, { errcode: 99999, errmsg: 'token tok-4711 is odd' }, 'errcode 99999'],
  ])('refused: the reason says what to do, in our words', (judge, body, words) => {
    const outcome = judge(answer(body));
    expect(outcome).toMatchObject({ kind: 'retry', code: 'answered', status: 200 });
    if (outcome.kind !== 'retry') return;
    expect(outcome.reason).toContain(words);
    expect(outcome.reason).not.toMatch(/tok-4711|secret-hint/);
  });

  test.each(['', '<html>login</html>', '[]', 'null', '{}', '{"errcode":"0"}', '{"errcode":null}'])(
    '200 without a code (%j) is no delivery',
    (text) => {
      expect(judgeDingtalk(answer(text))).toMatchObject({ kind: 'retry', status: 200 });
    },
  );

  test('a status other than 2xx is no delivery, code 0 or not', () => {
    expect(judgeDingtalk(answer({ errcode: 0 }, 502))).toMatchObject({ kind: 'retry', status: 502 });
    expect(judgeDingtalk(answer('gateway', 302))).toMatchObject({ kind: 'retry', status: 302 });
  });
});
