import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Configuration } from '../../../src/model/configuration.ts';
import type { Receiver } from '../../../src/model/routing.ts';
import { configurationOf, FIXTURES, GOOD_SECRET, loadFiles, ROUTING_ENV } from './directory.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the routing that uses every key', () => {
  const result = loadConfiguration(`${FIXTURES}routing-good`, ROUTING_ENV, { now: Date.parse('2026-11-22') });
  const configuration: Configuration = configurationOf(result);
  const { routing } = configuration;
  const receiver = (id: string): Receiver | undefined => routing.receivers.find((one) => one.id === id);

  test('has no findings', () => {
    expect(result.findings).toEqual([]);
  });

  test('reaches each receiver by its channel', () => {
    expect(routing.receivers.map(({ id, channel }) => [id, channel.kind])).toEqual([
      ['command-centre', 'webhook'],
      ['duty-room', 'dingtalk'],
      ['enterprise', 'wecom'],
      ['town', 'feishu'],
      ['city', 'cap'],
      ['telephone', 'http'],
      ['own-broker', 'mqtt'],
    ]);
    expect(receiver('duty-room')).toEqual({
      id: 'duty-room',
      channel: {
        kind: 'dingtalk',
        robot: {
          url: ROUTING_ENV['DING_URL'],
          secret: 'SEC-ding',
          mention: { red: ['all'], orange: ['13800000000'] },
        },
      },
      allowHttp: false,
      timeoutMs: 10_000,
      giveUpAfterMs: 24 * HOUR,
      language: 'zh',
      template: { title: '{{ tierTitle }}', text: '{{ text }}' },
      rate: { messages: 20, perMs: MINUTE },
      flood: { start: 10, end: 5, windowMs: 10 * MINUTE, digestEveryMs: MINUTE },
    });
    expect(receiver('telephone')?.channel).toEqual({
      kind: 'http',
      http: {
        method: 'POST',
        url: 'https://sms.example/send?key={{ secret.key }}',
        headers: { 'content-type': 'application/json' },
        body: '{"text": {{ text | json }}}',
        expect: '"code":0',
        secrets: { key: 'sms-key' },
      },
    });
    expect(receiver('city')?.channel).toMatchObject({ cap: { authorization: 'Bearer city-token' } });
  });

  test('has rates, floods and times by channel, where nothing else is said', () => {
    const figures = routing.receivers.map(({ id, rate, flood }) => [id, rate?.messages ?? null, flood?.start ?? null]);
    expect(figures).toEqual([
      ['command-centre', null, null],
      ['duty-room', 20, 10],
      ['enterprise', 10, 20],
      ['town', 100, 10],
      ['city', null, null],
      ['telephone', null, 10],
      ['own-broker', null, null],
    ]);
    expect(receiver('command-centre')).toMatchObject({ language: 'en', timeoutMs: 5000 });
    expect(receiver('telephone')).toMatchObject({ timeoutMs: 30_000, giveUpAfterMs: HOUR });
  });

  test('writes out what children inherit', () => {
    const [red, other] = routing.routes;
    expect(red?.routes.map(({ to, escalation }) => [to, escalation.length])).toEqual([
      [['command-centre', 'city'], 2],
      [['command-centre', 'town'], 0],
    ]);
    expect(other?.routes.map(({ to, grouping }) => [to, grouping])).toEqual([
      [['on-duty'], null],
      [['on-duty'], { by: ['site', 'profile'], waitMs: 20_000, intervalMs: 2 * MINUTE }],
    ]);
    expect(red?.escalation).toEqual([
      { afterMs: 5 * MINUTE, to: ['enterprise'], level: 'enterprise' },
      { afterMs: 10 * MINUTE, to: ['town', 'city'], level: 'city' },
    ]);
  });

  test('knows rosters and calendars', () => {
    expect(routing.rosters.get('on-duty')?.turns[1]).toEqual({
      when: { weekdays: [1, 2, 3, 4, 5], hours: [{ from: 480, to: 1200 }], calendars: [], except: ['festival'] },
      to: ['duty-room'],
    });
    expect(routing.calendars.get('festival')).toEqual([
      { from: '2026-10-01', to: '2026-10-07', title: { en: '国庆节', zh: '国庆节' } },
      { from: '2027-01-01', to: '2027-01-01', title: { en: 'festival', zh: 'festival' } },
    ]);
  });

  test('keeps promises, windows, drills and the report', () => {
    expect(configuration.tiers.red).toMatchObject({ acknowledgeWithinMs: 3 * MINUTE, repeatMs: 4 * MINUTE });
    expect(configuration.tiers.orange.bypass).toEqual({ maxMs: 2 * HOUR, secondPerson: true });
    expect(configuration.governor).toEqual({ maxPerSite: 3, warnBeforeMs: 10 * MINUTE, requestMs: 15 * MINUTE });
    expect(configuration.maintenance.map(({ id, lengthMs, upTo }) => [id, lengthMs, upTo])).toEqual([
      ['filter-change', 90 * MINUTE, 'orange'],
      ['night-test', 30 * MINUTE, 'yellow'],
    ]);
    expect(configuration.drills[0]).toEqual({
      id: 'weekly',
      schedule: '0 10 * * 3',
      device: 'wujin-gas/cab-001',
      values: { outletPressure: 4.5 },
      back: { outletPressure: 2.8 },
      expect: 'outletPressure.HH',
      raisedWithinMs: MINUTE,
      receivers: ['duty-room'],
      deliveredWithinMs: 2 * MINUTE,
      acknowledgedWithinMs: 5 * MINUTE,
      failTo: ['command-centre'],
    });
    expect(configuration.report).toEqual({ schedule: '0 8 * * *', to: ['command-centre'] });
  });
});

const SITE = {
  'profiles/p.yaml':
    'profile: p\npoints: { x: { type: number, unit: kPa, range: [0, 100], bad: { tier: blue }, limits: { ' +
    'H: { at: 50, tier: orange }, L: { at: 10, tier: yellow } }, why: { cause: a, consequence: b, action: c, responseTime: 10m } } }',
  'devices/s.yaml': 'site: s\ndevices: [{ id: d, profile: p }]',
};
const A = 'a: { webhook: { url: "https://a.example/", secret: "${S}" } }';
const B = 'b: { wecom: { url: "${U}" } }';
const ENV = { S: GOOD_SECRET, U: 'https://robot.example/?key=token' };

function found(parts: Record<string, string>, now?: number): string[] {
  const options = now === undefined ? {} : { now };
  return loadFiles({ ...SITE, ...parts }, ENV, options).findings.flatMap(({ code, path, severity, file }) =>
    file.startsWith('profiles/') ? [] : `${severity} ${code} ${path}`,
  );
}
const routing = (text: string) => ({ 'routes.yaml': text });
const receivers = (text: string) => routing(`receivers: { ${text} }\nroutes: [{ to: [r] }]`);
const routes = (text: string, more = '') => routing(`receivers: { ${A}, ${B} }\nroutes: ${text}\n${more}`);
const rosters = (turns: string, calendars = '{}') =>
  routes('[{ to: [a, duty] }]', `rosters: { duty: { turns: ${turns}, otherwise: [b] } }\ncalendars: ${calendars}\n`);
const inhibit = (text: string) => routes('[{ to: [a, b] }]', `inhibit: [{ id: i, ${text} }]`);
const settings = (text: string) => ({ ...routes('[{ to: [a, b] }]'), 'davylamp.yaml': text });
const window = (text: string, schedule = '0 2 * * *') =>
  settings(`maintenance: [{ id: w, schedule: "${schedule}", site: s, reason: Weekly test, owner: Li Wei, ${text} }]`);
const drill = (text: string) =>
  settings(`drills: [{ id: d, schedule: "0 2 * * *", values: { x: 60 }, back: { x: 20 }, ${text} }]`);

describe('is refused', () => {
  test.each<[string, Record<string, string>, string]>([
    // Receivers.
    ['a receiver without a channel', receivers('r: { lang: zh }'), 'error CHANNEL_MISSING receivers.r'],
    [
      'a receiver with two',
      receivers('r: { mqtt: {}, wecom: { url: "${U}" } }'),
      'error CHANNEL_TWICE receivers.r.mqtt',
    ],
    ['a channel of a later version', receivers('r: { sms: {} }'), 'error NOT_SUPPORTED_YET receivers.r.sms'],
    [
      'a secret written in clear',
      receivers('r: { dingtalk: { url: "${U}", secret: SECabc } }'),
      'error SECRET_LITERAL receivers.r.dingtalk.secret',
    ],
    [
      'a secret of a gateway in clear',
      receivers('r: { http: { url: "https://h.example/", secrets: { key: abc } } }'),
      'error SECRET_LITERAL receivers.r.http.secrets.key',
    ],
    [
      'an authorization in clear',
      receivers(
        'r: { cap: { url: "https://h.example/", authorization: abc, sender: x, senderName: x, identifier: "32041200100101" } }',
      ),
      'error SECRET_LITERAL receivers.r.cap.authorization',
    ],
    [
      'an identifier too short',
      receivers('r: { cap: { url: "https://h.example/", sender: x, senderName: x, identifier: "3204" } }'),
      'error VALUE_INVALID receivers.r.cap.identifier',
    ],
    [
      'plain http to a gateway',
      receivers('r: { http: { url: "http://h.example/" } }'),
      'error URL_PLAINTEXT receivers.r.http.url',
    ],
    [
      'a template that names what there is not',
      receivers('r: { wecom: { url: "${U}" }, template: { text: "{{ alarm.teir }}" } }'),
      'error TEMPLATE_INVALID receivers.r.template.text',
    ],
    [
      'GET with a body',
      receivers('r: { http: { method: GET, url: "https://h.example/", body: x } }'),
      'error HTTP_BODY_STRAY receivers.r.http.body',
    ],
    ['a rate of nothing', receivers('r: { mqtt: {}, rate: 0/1m }'), 'error VALUE_INVALID receivers.r.rate'],
    [
      'a flood that cannot end',
      receivers('r: { wecom: { url: "${U}" }, flood: { start: 5, end: 6 } }'),
      'error FLOOD_ORDER receivers.r.flood.end',
    ],
    ['a site of nobody', receivers('r: { mqtt: { sites: [s, t] } }'), 'error SITE_UNKNOWN receivers.r.mqtt.sites'],

    // Rosters and calendars.
    [
      'a roster named as a receiver',
      routes('[{ to: [a, b] }]', 'rosters: { a: { turns: [{ when: { weekdays: mon }, to: [b] }], otherwise: [b] } }'),
      'error ROSTER_NAME_TAKEN rosters.a',
    ],
    [
      'a roster in a roster',
      rosters('[{ when: { weekdays: mon }, to: [duty] }]'),
      'error RECEIVER_UNKNOWN rosters.duty.turns[0].to[0]',
    ],
    [
      'a calendar that is not there',
      rosters('[{ when: { calendars: feast }, to: [b] }]'),
      'error CALENDAR_UNKNOWN rosters.duty.turns[0].when.calendars',
    ],
    [
      'a day that does not exist',
      rosters('[{ when: { calendars: feast }, to: [b] }]', '{ feast: [{ from: 2026-02-30 }] }'),
      'error DATE_INVALID calendars.feast[0].from',
    ],
    [
      'days the wrong way round',
      rosters('[{ when: { calendars: feast }, to: [b] }]', '{ feast: [{ from: 2026-02-03, to: 2026-02-01 }] }'),
      'error CALENDAR_ORDER calendars.feast[0].to',
    ],
    [
      'hours that no clock has',
      rosters('[{ when: { hours: "8:00-25:00" }, to: [b] }]'),
      'error VALUE_INVALID rosters.duty.turns[0].when.hours',
    ],
    [
      'a day of the week by half its name',
      rosters('[{ when: { weekdays: [monday] }, to: [b] }]'),
      'error VALUE_INVALID rosters.duty.turns[0].when.weekdays[0]',
    ],

    // Routes.
    ['a route to a name of nobody', routes('[{ to: [a, b, c] }]'), 'error RECEIVER_UNKNOWN routes[0].to[2]'],
    [
      'an escalation to nobody',
      routes('[{ to: [a, b], escalate: [{ after: 5m, to: [c] }] }]'),
      'error RECEIVER_UNKNOWN routes[0].escalate[0].to[0]',
    ],
    [
      'steps that do not follow each other',
      routes('[{ to: [a], escalate: [{ after: 5m, to: [b] }, { after: 5m, to: [a, b] }] }]'),
      'error ESCALATION_ORDER routes[0].escalate[1].after',
    ],

    // Inhibition.
    [
      'to hide red',
      inhibit('source: { tier: red }, target: { tier: [red] }'),
      'error INHIBITION_OF_RED inhibit[0].target.tier',
    ],
    [
      'to hide what is worse',
      inhibit('source: { tier: [blue, yellow] }, target: { tier: orange }'),
      'error INHIBITION_UPWARD inhibit[0].target.tier',
    ],
    [
      'to hide everything everywhere',
      inhibit('source: { tier: orange }, target: { tier: blue }, equal: []'),
      'error INHIBITION_TOO_WIDE inhibit[0].equal',
    ],
    [
      'a source that is no device',
      inhibit('source: { device: s/e }, target: { tier: blue }'),
      'error DEVICE_UNKNOWN inhibit[0].source.device',
    ],
    [
      'a condition that nothing has',
      inhibit('source: { condition: x.HH }, target: { condition: [H, absent] }'),
      'error CONDITION_UNKNOWN inhibit[0].source.condition',
    ],

    // What runs by a schedule.
    ['a window without a beginning', window('length: 1h', 'never today'), 'error CRON_INVALID maintenance[0].schedule'],
    ['a window of another site', window('length: 1h, device: e'), 'error DEVICE_UNKNOWN maintenance[0].device'],
    ['a window longer than may be', window('length: 13h'), 'error MAINTENANCE_TOO_LONG maintenance[0].length'],
    [
      'a window over red by one person',
      window('length: 10m, upTo: red'),
      'error MAINTENANCE_UNAPPROVED maintenance[0].approvedBy',
    ],
    [
      'or by the same under another spelling',
      window('length: 10m, upTo: red, approvedBy: " ＬＩ wei"'),
      'error MAINTENANCE_UNAPPROVED maintenance[0].approvedBy',
    ],
    [
      'a drill with a condition that cannot come',
      drill('device: s/d, expect: x.HH, failTo: [a]'),
      'error CONDITION_UNKNOWN drills[0].expect',
    ],
    [
      'a drill of a device that is not there',
      drill('device: s/e, expect: x.H, failTo: [a]'),
      'error DEVICE_UNKNOWN drills[0].device',
    ],
    [
      'a drill told on the way that failed',
      drill('device: s/d, expect: x.H, receivers: [a, b], failTo: [a]'),
      'error DRILL_SAME_WAY drills[0].failTo',
    ],
    [
      'a drill with a value of another type',
      settings(
        'drills: [{ id: d, schedule: "0 2 * * *", values: { x: high, y: 1 }, back: { x: 1 }, device: s/d, expect: x.H, failTo: [a] }]',
      ),
      'error WRONG_TYPE drills[0].values.x, error POINT_UNKNOWN drills[0].values.y',
    ],
    [
      'a report at no time',
      settings('report: { schedule: "99 8 * * *", to: [a] }'),
      'error CRON_INVALID report.schedule',
    ],
    [
      'a report to nobody',
      settings('report: { schedule: "0 8 * * *", to: [c] }'),
      'error RECEIVER_UNKNOWN report.to[0]',
    ],
    ['a promise of nothing', settings('tiers: { red: { repeat: 0s } }'), 'error DURATION_INVALID tiers.red.repeat'],
  ])('%s', (_name, files, expected) => {
    const errors = found(files).filter((line) => line.startsWith('error'));
    expect(errors.join(', ')).toBe(expected);
  });
});

describe('a finding tells of', () => {
  const NOW = Date.parse('2026-11-22');
  test.each<[string, Record<string, string>, string[]]>([
    ['nothing where there is nothing', routes('[{ to: [a, b] }]'), []],
    [
      'a robot whose address stands in the file',
      routing(`receivers: { ${A}, r: { wecom: { url: "https://q.example/?key=token" } } }\nroutes: [{ to: [a, r] }]`),
      ['warning ROBOT_URL_LITERAL receivers.r.wecom.url'],
    ],
    [
      'an escalation to the same',
      routes('[{ to: [a, b], escalate: [{ after: 5m, to: [a] }], routes: [{ match: { tier: yellow } }] }]'),
      ['info ESCALATION_TO_SAME routes[0].escalate[0].to'],
    ],
    [
      'waiting times of no grouping',
      routes('[{ to: [a, b], groupWait: 5s }]'),
      ['warning GROUPING_WITHOUT_LABELS routes[0].groupWait'],
    ],
    [
      'a roster that nothing leads to',
      routes(
        '[{ to: [a, b] }]',
        'rosters: { duty: { turns: [{ when: { weekdays: mon }, to: [a] }], otherwise: [b] } }',
      ),
      ['warning ROSTER_UNUSED rosters.duty'],
    ],
    [
      'a turn in the shade of another',
      rosters(
        '[{ when: { weekdays: [1, 2, 3, 4, 5] }, to: [a] }, { when: { weekdays: mon, hours: "08:00-12:00" }, to: [b] }]',
      ),
      ['warning ROSTER_TURN_NEVER rosters.duty.turns[1]'],
    ],
    [
      'a turn whose parts exclude each other',
      rosters('[{ when: { calendars: x, except: x }, to: [a] }]', '{ x: [{ from: 2027-01-01 }] }'),
      ['warning ROSTER_TURN_NEVER rosters.duty.turns[0]'],
    ],
    [
      'no turn that the morning after belongs to',
      rosters(
        '[{ when: { calendars: x, hours: "00:00-24:00" }, to: [a] }, { when: { calendars: x, hours: "22:00-06:00" }, to: [b] }]',
        '{ x: [{ from: 2027-01-01 }] }',
      ),
      [],
    ],
    [
      'a calendar of last year',
      rosters(
        '[{ when: { calendars: x }, to: [a] }]',
        '{ x: [{ from: 2025-01-01 }, { from: 2026-11-20, to: 2026-11-21 }] }',
      ),
      ['warning CALENDAR_PAST calendars.x'],
    ],
    [
      'alarms that only a time takes',
      routes('[{ match: { when: { hours: "08:00-20:00" } }, to: [a, b] }]'),
      ['orange', 'yellow', 'blue', 'red'].map(() => 'warning ALARMS_UNREACHED routes'),
    ],
    [
      'no shade behind a route that is only at times',
      routes('[{ match: { when: { hours: "08:00-20:00" } }, to: [a, b] }, { to: [b] }]'),
      [],
    ],
  ])('%s', (_name, files, expected) => {
    expect(found(files, NOW)).toEqual(expected);
  });

  test.each([
    ['one channel', '[{ to: [a] }]', ['info RED_SINGLE_CHANNEL routes[0].to']],
    ['two of them', '[{ to: [a, b] }]', []],
    ['two by continue', '[{ to: [a], continue: true }, { to: [b] }]', []],
    ['two by a roster', '[{ to: [duty] }]', []],
    [
      'the child that takes it',
      '[{ to: [a, b], routes: [{ match: { tier: red }, to: [b] }] }]',
      ['info RED_SINGLE_CHANNEL routes[0].routes[0].to'],
    ],
  ])('red on %s', (_name, tree, expected) => {
    const profile = SITE['profiles/p.yaml'].replace('at: 50, tier: orange', 'at: 50, tier: red');
    const roster = 'rosters: { duty: { turns: [{ when: { weekdays: mon }, to: [a] }], otherwise: [b] } }';
    const files = { ...routes(tree, tree.includes('duty') ? roster : ''), 'profiles/p.yaml': profile };
    expect(found(files).filter((line) => line.includes('RED_'))).toEqual(expected);
  });
});

test('no token of a robot or gateway is shown', () => {
  const text = JSON.stringify(
    loadFiles(
      routing(`receivers:
  r: { wecom: { url: "http://q.example/?key=hidden-token" } }
  h: { http: { url: "http://h.example/hidden-token", secrets: { key: hidden-token } } }
  c: { cap: { url: "https://c.example/", authorization: hidden-token, sender: "a,b", senderName: x, identifier: "1" } }
  d: { dingtalk: { url: "\${U}", secret: hidden-token } }
`),
      { U: 'ftp://d.example/hidden-token' },
    ),
  );
  expect(text).toContain('SECRET_LITERAL');
  expect(text).toContain('URL_PLAINTEXT');
  expect(text).not.toContain('hidden-token');
});
