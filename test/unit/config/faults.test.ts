import { describe, expect, test } from 'vitest';
import { configurationOf, faultsOf, GOOD_SECRET, lines, loadFiles } from './directory.ts';

const settings = (text: string) => ({ 'davylamp.yaml': text });
const point = (text: string) => ({ 'profiles/p.yaml': `profile: p\npoints: { gas: { type: number, ${text} } }` });
const profile = (text: string) => ({ 'profiles/p.yaml': text });
const devices = (text: string) => ({ ...point(''), 'devices/d.yaml': text });
const webhook = (text: string) => ({
  'routes.yaml': `receivers: { cc: { webhook: { ${text} } } }\nroutes: [{ to: [cc] }]`,
});
const routes = (text: string) => ({ 'routes.yaml': text });
const users = (text: string) => ({ 'users.yaml': `users: [{ ${text} }]` });
const HASH = `scrypt$16384$8$1$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`;
const WHY = 'why: { cause: a, consequence: b, action: c, responseTime: 5m }';
const URL_AND = `secret: "\${S}", url:`;

describe('one fault, named with its place', () => {
  test.each<[string, Record<string, string>, string]>([
    // davylamp.yaml
    ['a time zone as an offset', settings('timezone: "+08:00"'), 'TIMEZONE_UNKNOWN timezone'],
    ['another language', settings('language: fr'), 'VALUE_INVALID language'],
    ['a number for a duration', settings('time: { lateness: 10 }'), 'DURATION_INVALID time.lateness'],
    ['a duration too large', settings('time: { lateness: 9999999999d }'), 'DURATION_INVALID time.lateness'],
    ['a size of nothing', settings('journal: { maxBytes: 0GB }'), 'BYTES_INVALID journal.maxBytes'],
    ['a journal below a packet', settings('journal: { maxBytes: 1KB }'), 'JOURNAL_TOO_SMALL journal.maxBytes'],
    ['a cron with an hour of 25', settings('store: { pruneAt: "0 25 * * *" }'), 'CRON_INVALID store.pruneAt'],
    ['a negative limit', settings('mqtt: { limits: { connections: -1 } }'), 'VALUE_INVALID mqtt.limits.connections'],
    ['no listener', settings('mqtt: { listeners: [] }'), 'VALUE_INVALID mqtt.listeners'],
    [
      'a port for http and mqtt',
      settings('mqtt: { listeners: [{ host: 127.0.0.1, port: 8080, anonymous: true }] }'),
      'PORT_TWICE mqtt.listeners[0].port',
    ],
    ['an impossible address', settings('http: { host: 127.0.0.300 }'), 'HOST_INVALID http.host'],
    ['any address for http', settings('http: { host: "::" }'), 'HTTP_EXPOSED http.host'],
    [
      'client certificates without an authority',
      {
        ...settings(
          'mqtt: { listeners: [{ host: 127.0.0.1, port: 1, tls: { certFile: a, keyFile: a, clientCertificate: required } }] }',
        ),
        a: '',
      },
      'MISSING_KEY mqtt.listeners[0].tls.caFile',
    ],
    [
      'a certificate that is not there',
      settings(
        'mqtt: { listeners: [{ host: 127.0.0.1, port: 1, anonymous: true, tls: { certFile: no.pem, keyFile: no.pem } }] }',
      ),
      'FILE_UNREADABLE mqtt.listeners[0].tls.certFile, FILE_UNREADABLE mqtt.listeners[0].tls.keyFile',
    ],
    ['a store nobody knows', settings('store: { kind: mysql }'), 'VALUE_INVALID store.kind'],
    [
      'credentials in the URL of a store',
      settings('store: { influxdb: { url: "http://u:p@127.0.0.1:8086" } }'),
      'URL_CREDENTIALS store.influxdb.url',
    ],
    [
      'a password file that is not there',
      settings('store: { influxdb: { passwordFile: nothing } }'),
      'FILE_UNREADABLE store.influxdb.passwordFile',
    ],
    ['a title of no language', settings('tiers: { red: { title: {} } }'), 'VALUE_INVALID tiers.red.title'],
    ['a reference outside secrets', settings(`timezone: "\${TZ}"`), 'ENV_NOT_ALLOWED timezone'],
    ['a text for a mapping', settings('http: on'), 'WRONG_TYPE http'],
    ['a list for the file', settings('- http'), 'WRONG_TYPE '],

    // profiles
    ['no point', profile('profile: p'), 'MISSING_KEY points'],
    ['an empty file', profile(''), 'WRONG_TYPE '],
    ['a point without a type', profile('profile: p\npoints: { gas: { unit: kPa } }'), 'MISSING_KEY points.gas.type'],
    ['a point with a hyphen', profile('profile: p\npoints: { a-b: { type: number } }'), 'NAME_INVALID points.a-b'],
    [
      'a reserved point',
      profile('profile: p\npoints: { Received: { type: number } }'),
      'NAME_RESERVED points.Received',
    ],
    [
      'a prototype name',
      profile('profile: p\npoints: { toString: { type: number } }'),
      'NAME_RESERVED points.toString',
    ],
    [
      'points a store cannot tell apart',
      profile('profile: p\npoints: { gas: { type: number }, Gas: { type: number } }'),
      'NAME_TAKEN points.Gas',
    ],
    [
      'a profile named as a table',
      profile('profile: devices\npoints: { a: { type: number } }'),
      'NAME_RESERVED profile',
    ],
    ['a limit without a tier', point('limits: { H: { at: 1 } }'), 'MISSING_KEY points.gas.limits.H.tier'],
    [
      'a limit that is no number',
      point('limits: { H: { at: .nan, tier: blue } }'),
      'WRONG_TYPE points.gas.limits.H.at',
    ],
    ['a range upside down', point('range: [5, 1]'), 'RANGE_EMPTY points.gas.range'],
    ['a range of three', point('range: [1, 2, 3]'), 'VALUE_INVALID points.gas.range'],
    [
      'equal limits',
      point('limits: { L: { at: 1, tier: blue }, H: { at: 1, tier: blue } }'),
      'LIMIT_ORDER points.gas.limits.H.at',
    ],
    [
      'a limit every value trips',
      point('range: [0, 5], limits: { H: { at: 0, tier: blue, deadband: 0 } }'),
      'LIMIT_NEVER_CLEARS points.gas.limits.H.at',
    ],
    [
      'a deadband that reaches the low side',
      point('limits: { L: { at: 1, tier: blue }, H: { at: 3, deadband: 2, tier: blue } }'),
      'DEADBAND_TOO_WIDE points.gas.limits.H.deadband',
    ],
    [
      'a deadband beyond the range',
      point('range: [0, 5], limits: { L: { at: 4, deadband: 1, tier: blue } }'),
      'DEADBAND_TOO_WIDE points.gas.limits.L.deadband',
    ],
    [
      'a rate that never clears',
      point('rate: { rising: { by: 1, over: 5m, deadband: 1, tier: blue } }'),
      'DEADBAND_TOO_WIDE points.gas.rate.rising.deadband',
    ],
    [
      'a rate above the range',
      point('range: [0, 5], rate: { rising: { by: 6, over: 5m, tier: blue } }'),
      'RATE_OUTSIDE_RANGE points.gas.rate.rising.by',
    ],
    [
      'a window of nothing',
      point('rate: { rising: { by: 1, over: 0s, tier: blue } }'),
      'DURATION_INVALID points.gas.rate.rising.over',
    ],
    ['red without a why', point('limits: { H: { at: 1, tier: red } }'), 'WHY_MISSING points.gas.why'],
    [
      'a rate without a why',
      point('rate: { rising: { by: 1, over: 5m, tier: orange } }'),
      'WHY_MISSING points.gas.why',
    ],
    [
      'orange silence without a why',
      profile('profile: p\nabsent: { tier: orange }\npoints: { gas: { type: number } }'),
      'WHY_MISSING absent.why',
    ],
    [
      'a tier of silence nobody knows',
      profile('profile: p\nabsent: { tier: purple }\npoints: { gas: { type: number } }'),
      'TIER_INVALID absent.tier',
    ],
    [
      'silence shorter than the interval',
      profile('profile: p\nabsent: { after: 60s }\npoints: { gas: { type: number } }'),
      'ABSENT_TOO_SHORT absent.after',
    ],

    // devices
    ['a site with a slash', devices('site: a/b'), 'NAME_INVALID site'],
    ['a site named as a prototype', devices('site: constructor'), 'NAME_RESERVED site'],
    ['a number for an id', devices('site: s\ndevices: [{ id: 1, profile: p }]'), 'NAME_INVALID devices[0].id'],
    [
      'half a location',
      devices('site: s\ndevices: [{ id: a, profile: p, location: { lon: 1 } }]'),
      'MISSING_KEY devices[0].location.lat',
    ],
    [
      'an unknown datum',
      devices('site: s\ndevices: [{ id: a, profile: p, location: { lon: 1, lat: 1, datum: moon } }]'),
      'VALUE_INVALID devices[0].location.datum',
    ],
    [
      'a device in two files',
      { ...devices('site: s\ndevices: [{ id: a, profile: p }]'), 'devices/e.csv': 'site,id,profile\ns,a,p\n' },
      'DUPLICATE_ID row[2].id',
    ],
    [
      'a site with two titles',
      { ...devices('site: s\ntitle: One'), 'devices/e.yaml': 'site: s\ntitle: Two' },
      'SITE_TWICE site',
    ],

    // routes.yaml
    ['a URL that is none', webhook(`${URL_AND} cc.example`), 'URL_INVALID receivers.cc.webhook.url'],
    ['another scheme', webhook(`${URL_AND} "ftp://cc.example"`), 'URL_INVALID receivers.cc.webhook.url'],
    ['http to another host', webhook(`${URL_AND} "http://10.0.0.1/"`), 'URL_PLAINTEXT receivers.cc.webhook.url'],
    [
      'http to a host named like loopback',
      webhook(`${URL_AND} "http://127.0.0.1.example/"`),
      'URL_PLAINTEXT receivers.cc.webhook.url',
    ],
    ['no secret', webhook('url: "https://cc.example/"'), 'MISSING_KEY receivers.cc.webhook.secret'],
    [
      'a timeout of nothing',
      webhook(`timeout: 0s, ${URL_AND} "https://cc.example/"`),
      'DURATION_INVALID receivers.cc.webhook.timeout',
    ],
    ['a receiver twice', routes('receivers: { a: 1, a: 2 }'), 'DUPLICATE_KEY receivers.a, WRONG_TYPE receivers.a'],
    ['a route to nobody', routes('routes: [{ match: { tier: red } }]'), 'ROUTE_TO_NOBODY routes[0].to'],

    // users.yaml
    ['a password for a hash', users('username: a/b, role: device, hash: hunter2'), 'HASH_INVALID users[0].hash'],
    ['a device without a site', users(`username: a, role: device, hash: "${HASH}"`), 'USERNAME_ROLE users[0].username'],
    ['a gateway without filters', users(`username: a, role: gateway, hash: "${HASH}"`), 'MISSING_KEY users[0].publish'],
    [
      'a reader that publishes',
      users(`username: a, role: reader, subscribe: [a], publish: [a], hash: "${HASH}"`),
      'FILTERS_FIXED users[0].publish',
    ],

    // files
    ['a file with the wrong ending', { 'davylamp.yml': '' }, 'FILE_UNKNOWN '],
    ['a file nobody reads', { 'rules.yaml': '' }, 'FILE_UNKNOWN '],
  ])('%s', (_, files, expected) => {
    const errors = faultsOf(loadFiles(files, { S: GOOD_SECRET })).filter((fault) => fault.severity === 'error');
    expect(errors.map(({ code, path }) => `${code} ${path}`).join(', ')).toBe(expected);
  });
});

test.each<[string, Record<string, string>]>([
  ['red with a why', point(`limits: { H: { at: 1, tier: red } }, ${WHY}`)],
  ['silence for ever', profile('profile: p\nabsent: never\npoints: { gas: { type: number } }')],
  ['retention for ever', settings('store: { retention: forever }')],
  ['insecure said aloud', settings('http: { host: 0.0.0.0, insecure: true }')],
  ['http to loopback', webhook(`${URL_AND} "http://[::1]:9099/"`)],
  ['http allowed', webhook(`allowHttp: true, ${URL_AND} "http://10.0.0.1/"`)],
  [
    'a secret from a file',
    { ...webhook('secretFile: cc.secret, url: "https://cc.example/"'), 'cc.secret': `${GOOD_SECRET}\n` },
  ],
  [
    'children that inherit',
    {
      ...webhook(`${URL_AND} "https://cc.example/"`),
      ...routes(
        `receivers: { cc: { webhook: { ${URL_AND} "https://a/" } } }\nroutes: [{ to: [cc], routes: [{ match: { tier: red } }] }]`,
      ),
    },
  ],
  ['rule tests beside rules', { ...point(''), 'profiles/p.test.yaml': 'not: [ours' }],
  ['a device account', users(`username: a/b, role: device, hash: "${HASH}"`)],
])('%s is good', (_, files) => {
  configurationOf(loadFiles(files, { S: GOOD_SECRET }));
});

test('an exception-reporting profile is never silent by default', () => {
  const text = 'profile: p\nreporting: { mode: exception }\npoints: { gas: { type: number } }';
  expect(configurationOf(loadFiles(profile(text))).profiles.get('p')?.absent).toBeNull();
});

test('alarms that no route names a receiver for are a warning that names the tier', () => {
  const files = {
    ...devices('site: s\ndevices: [{ id: a, profile: p }]'),
    ...webhook(`${URL_AND} "https://cc.example/"`),
  };
  const partial = {
    ...files,
    'routes.yaml': files['routes.yaml'].replace('{ to:', '{ match: { tier: [red, blue] }, to:'),
  };
  expect(lines(loadFiles(files, { S: GOOD_SECRET }))).toEqual([]);
  const faults = faultsOf(loadFiles(partial, { S: GOOD_SECRET }));
  expect(faults.map(({ code, message, value }) => [code, message.split(' ')[0], value])).toEqual([
    ['ALARMS_UNREACHED', 'orange', 's/p'],
    ['ALARMS_UNREACHED', 'yellow', 's/p'],
  ]);
});

describe('hostile files', () => {
  test('aliases that multiply are refused', () => {
    const levels = 'bcdefghi'.split('').map((name, index) => {
      const above = `*${String.fromCharCode(97 + index)}`;
      return `${name}: &${name} [${Array(9).fill(above).join(', ')}]`;
    });
    const text = ['a: &a [x, x, x, x, x, x, x, x, x]', ...levels].join('\n');
    expect(faultsOf(loadFiles(settings(text))).map(({ code }) => code)).toEqual(['YAML_ALIASES']);
  });

  test('nesting without end is refused', () => {
    expect(faultsOf(loadFiles(settings('['.repeat(100_000))))[0]?.code).toBe('YAML_INVALID');
  });

  test('prototype keys pollute nothing', () => {
    const text =
      '__proto__: { admin: true }\nconstructor: { prototype: { admin: true } }\nhttp: { __proto__: { port: 1 } }';
    const result = loadFiles(settings(text));
    expect(faultsOf(result).map(({ code, path }) => `${code} ${path}`)).toEqual([
      'UNKNOWN_KEY __proto__',
      'UNKNOWN_KEY constructor',
      'UNKNOWN_KEY http.__proto__',
    ]);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test('a password the parser stumbles over is not quoted', () => {
    for (const text of ['password: *hunter2', 'password: "hunter2', 'password: !hunter2 x', 'password: %hunter2: [']) {
      const result = loadFiles(settings(text));
      expect('configuration' in result).toBe(false);
      expect(JSON.stringify(result)).not.toContain('hunter2');
    }
  });
});
