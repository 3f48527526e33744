import { Registry } from 'prom-client';
import type { LoggedEvent } from '../../../src/alerts/alarm-log.ts';
import type { Notification } from '../../../src/alerts/delivery/notification.ts';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { lastRaised, type TraceDeps, traceAlarm } from '../../../src/explain/alarm-trace.ts';
import { createExplainer } from '../../../src/explain/explainer.ts';
import { createNativeDecoder } from '../../../src/ingest/decode/native.ts';
import { telemetryTopic } from '../../../src/ingest/wire.ts';
import type { Alarm, SystemEvent } from '../../../src/model/alarm.ts';
import type { Bypass } from '../../../src/model/bypass.ts';
import type { Case } from '../../../src/model/case.ts';
import type { Configuration } from '../../../src/model/configuration.ts';
import type { Device } from '../../../src/model/device.ts';
import { AppError } from '../../../src/model/error.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { buildFigures } from '../../helpers/figures.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { buildDevice, buildProfile, NOON } from '../../helpers/readings.ts';
import { buildReceiver, buildRouting } from '../../helpers/routing.ts';
import { buildLimit, buildRate } from '../../helpers/watched.ts';

export const SECRET = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0';

/** What the ports were asked, and what they hold: tests change it as they need. */
export interface FakePorts {
  readonly ports: ApiPorts;
  /** Arguments of every call, by port. */
  readonly calls: Record<string, unknown[]>;
  readonly alarms: Map<string, Alarm>;
  readonly log: LoggedEvent[];
  /** Adds an event and tells the followers. */
  publish(event: LoggedEvent): void;
  followers(): number;
  /** As it was built, nothing asked yet. */
  reset(): void;
}

export function buildEvent(sequence: number, parts: Partial<Alarm> = {}): LoggedEvent {
  const alarm = buildAlarm({ revision: sequence, ...parts });
  return {
    id: `evt_${sequence}`,
    type: 'davylamp.alarm.raised',
    at: NOON + sequence,
    alarm,
    by: null,
    comment: null,
    details: null,
    sequence,
    hash: null,
  };
}

export function buildSystemEvent(sequence: number): LoggedEvent {
  const event: SystemEvent = {
    id: `evt_${sequence}`,
    type: 'davylamp.system.store-unavailable',
    at: NOON,
    code: 'STORE_UNAVAILABLE',
    message: { en: 'store', zh: '存储' },
    details: { lag: 3 },
  };
  return { ...event, sequence, hash: null };
}

export const NOTIFICATION: Notification = {
  receiver: 'cc',
  sequence: 7,
  eventId: 'evt_7',
  type: 'davylamp.alarm.raised',
  alarmId: 'alm_01JTEST',
  subject: 'wujin-gas/cab-001/p',
  tier: 'yellow',
  at: NOON,
  pendingSince: NOON,
  state: 'dead',
  attempts: 3,
  lastAttemptAt: NOON + 5,
  lastError: 'status 500',
  settledAt: null,
};

/** A request to take a device out of service up to red. */
export const BYPASS: Bypass = {
  id: 'byp_01JTEST',
  kind: 'outOfService',
  scope: { alarm: null, site: 'wujin-gas', device: 'cab-001', profile: null, point: null, rule: null },
  upTo: 'red',
  oneShot: false,
  reason: 'sensor exchange',
  owner: 'Li Wei',
  approvedBy: null,
  origin: { kind: 'person' },
  replacement: 'portable detector',
  workOrder: null,
  state: 'requested',
  requestedAt: NOON,
  lengthMs: 1_800_000,
  from: null,
  until: NOON + 900_000,
  since: {},
  warnedAt: null,
  endedAt: null,
  endedBy: null,
  end: null,
  hidden: 0,
};

/** A case that somebody has verified and closed. */
export const CASE: Case = {
  alarm: 'alm_01JTEST',
  state: 'closed',
  openedAt: NOON,
  verification: 'false',
  disposedBy: [],
  supervised: false,
  tier: 'yellow',
  overdue: ['report'],
  reportedAt: null,
  closedAt: NOON,
  entries: [
    { kind: 'verify', result: 'false', method: 'video' } as const,
    { kind: 'dispose', measures: 'lens cleaned' } as const,
    { kind: 'report', to: null } as const,
    { kind: 'review', accepted: true } as const,
    { kind: 'supervise', on: false } as const,
    { kind: 'comment' } as const,
    { kind: 'close', cause: 'sun', tuning: true } as const,
  ].map((action) => ({ at: NOON, by: 'Li Wei', action, comment: null, evidence: ['https://files.example/1.jpg'] })),
};

/** Ports with two sites of devices and whatever `over` replaces. */
export function fakePorts(over: Partial<ApiPorts> = {}): FakePorts {
  const calls: Record<string, unknown[]> = {};
  const alarms = new Map([['alm_01JTEST', buildAlarm()]]);
  const log: LoggedEvent[] = [];
  const listeners = new Set<(event: LoggedEvent) => void>();
  const devices = new Map(buildDevices().map((device) => [device.key, device]));
  const decode = createNativeDecoder(devices, { futureToleranceMs: 60_000, liveWindowMs: 300_000 });
  const note = (port: string, argument: unknown) => {
    calls[port] = [...(calls[port] ?? []), argument];
  };
  const command = (port: string) => async (id: string, said: { by: string }) => {
    note(port, { id, ...said });
    const alarm = alarms.get(id);
    if (!alarm) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${id}`);
    if (alarm.state === 'acknowledged') throw new AppError('ALARM_STILL_ACTIVE', 'the condition still holds');
    return { ...alarm, state: 'acknowledged' as const, acknowledgedAt: NOON, acknowledgedBy: said.by };
  };
  const configuration = configurationOf(devices);
  const traces: TraceDeps = {
    events: ({ after = 0 }) => eventsAfter(log, after),
    deliveriesOf: () => [NOTIFICATION],
    digestsOf: () => [],
    caseOf: () => CASE,
    bypass: () => null,
    messageOf: () => null,
  };
  const explainer = createExplainer({
    configuration: () => configuration,
    store: { async *scan() {} },
    ruleState: () => null,
    storedUpTo: () => 0,
    alarms: { get: (id) => alarms.get(id) ?? null, list: () => ({ items: [...alarms.values()] }) },
    lastRaised: (alarm) => lastRaised(alarm, traces),
    clock: createManualClock(NOON + 60_000),
  });
  const ports: ApiPorts = {
    configuration,
    reload: {
      async now(by) {
        note('reload', by);
        return { result: 'applied', at: NOON, by, version: 'c0ffee', previous: 'decaf', findings: [] };
      },
      loadedAt: () => NOON,
      last: () => null,
    },
    metrics: new Registry(),
    readiness: () => ({ ready: true, parts: { journal: { ok: true, detail: 'writable' } } }),
    alarms: {
      list(filter) {
        note('alarms', filter);
        return { items: [...alarms.values()].slice(0, filter.limit), next: 'alm_01JTEST' };
      },
      get: (id) => alarms.get(id) ?? null,
      acknowledge: command('acknowledge'),
      reset: command('reset'),
      unshelve: command('unshelve'),
      async shelve(id, said) {
        note('shelve', { id, ...said });
        if (!alarms.has(id)) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${id}`);
        return BYPASS;
      },
    },
    cases: {
      list(filter) {
        note('cases', filter);
        return { items: [CASE], next: 'alm_01JTEST' };
      },
      get(id) {
        if (!alarms.has(id)) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${id}`);
        return CASE;
      },
      async act(id, said) {
        note('act', { id, ...said });
        if (said.action.kind === 'close') throw new AppError('CASE_ALARM_ACTIVE', 'the condition still holds');
        return CASE;
      },
    },
    bypasses: {
      list(filter) {
        note('bypasses', filter);
        return { items: [BYPASS], next: BYPASS.id };
      },
      get: (id) => (id === BYPASS.id ? BYPASS : null),
      async request(asked) {
        note('request', asked);
        return BYPASS;
      },
      async approve(id, said) {
        note('approve', { id, ...said });
        if (said.by === BYPASS.owner) throw new AppError('BYPASS_SAME_PERSON', 'a second person must agree');
        return { ...BYPASS, state: 'active', approvedBy: said.by, from: NOON };
      },
      async lift(id, said) {
        note('lift', { id, ...said });
        if (id !== BYPASS.id) throw new AppError('BYPASS_UNKNOWN', `there is no bypass ${id}`);
        return { ...BYPASS, state: 'over', endedAt: NOON, endedBy: said.by, end: 'refused' };
      },
    },
    events: {
      list(filter) {
        note('events', filter);
        const found = log.filter(({ sequence }) => sequence > (filter.after ?? 0));
        const items = found.slice(0, filter.limit);
        return { items, next: found.length > items.length ? (items.at(-1)?.sequence ?? null) : null };
      },
      follow(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    rejections: {
      list(filter) {
        note('rejections', filter);
        const { reason = 'notJson' } = filter;
        const letter = { reason, message: 'm', topic: 't', client: 'c', receivedAt: NOON, payload: '{' };
        return { items: [{ id: '5-0', ...letter }], next: '5-0' };
      },
    },
    deliveries: {
      list(query) {
        note('deliveries', query);
        if (query.cursor === 'junk') throw new AppError('CURSOR_INVALID', 'not one that a list returned');
        return { items: [NOTIFICATION], next: 'cc:7' };
      },
      async redeliver(receiver, sequence, at) {
        note('redeliver', { receiver, sequence, at });
        if (sequence !== 7) throw new AppError('DELIVERY_UNKNOWN', 'no such notification');
        return { ...NOTIFICATION, state: 'pending', attempts: 0 };
      },
    },
    receivers: {
      list: () => [
        { id: 'cc', channel: 'webhook', last: 9, pending: 1, dead: 0, failing: true, floodSince: NOON, held: 3 },
      ],
      missed(query) {
        note('missed', query);
        const items = [{ notification: NOTIFICATION, body: '{"id":"evt_7"}' }];
        return { items, expired: [{ from: 1, to: 6 }], last: 9, next: 8 };
      },
    },
    explain: { ...explainer, trace: (alarm) => traceAlarm(alarm, traces) },
    statistics: { ask: async (query) => ({ ...query, all: buildFigures(), calls: [], groups: [] }) },
    reports: { list: () => [], get: () => null, page: ({ date }) => date },
    drills: { list: () => ({ items: [], next: null }) },
    deviceStatus: (key) => ({ lastSeenAt: key.endsWith('001') ? NOON : null, online: null }),
    async history(query) {
      note('history', query);
      return [{ ts: NOON, value: null, quality: 'bad' }];
    },
    async ingest(key, payload, client) {
      note('ingest', { key, payload, client });
      const envelope = { topic: telemetryTopic(key), payload: Buffer.from(payload), client, oversized: null };
      return decode({ ...envelope, receivedAt: NOON });
    },
    ...over,
  };
  return {
    ports,
    calls,
    alarms,
    log,
    publish(event) {
      log.push(event);
      for (const listener of listeners) listener(event);
    },
    followers: () => listeners.size,
    reset() {
      for (const port of Object.keys(calls)) delete calls[port];
      alarms.clear();
      alarms.set('alm_01JTEST', buildAlarm());
      log.length = 0;
    },
  };
}

function eventsAfter(log: readonly LoggedEvent[], after: number) {
  return { items: log.filter(({ sequence }) => sequence > after), next: null };
}

function buildDevices(): Device[] {
  const plain = buildProfile();
  const profile = { ...plain, absent: { afterMs: 180_000, tier: 'blue' as const } };
  const points = profile.points.map((point) =>
    point.type === 'number' ? { ...point, limits: [buildLimit('H', 3)], rates: [buildRate('falling', 0.8)] } : point,
  );
  const location = { lon: 119.94, lat: 31.7, datum: 'WGS-84' };
  const override = { point: 'pressure', name: 'H' as const, at: 3, profileAt: 3.2, origin: 'sheet 4', change: null };
  return [
    { ...buildDevice(profile, 'cab-002'), points },
    { ...buildDevice(profile, 'cab-001'), points, location, overrides: [override] },
    buildDevice(plain, 'rtu-1', 'yueyang'),
  ];
}

function configurationOf(devices: ReadonlyMap<string, Device>): Configuration {
  const url = 'https://cc.example/hook?token=hidden-token';
  const tier = {
    title: { en: 't', zh: 't' },
    acknowledgeWithinMs: 1,
    reportWithinMs: null,
    closeWithinMs: null,
    repeatMs: null,
    realarmMs: null,
    bypass: { maxMs: 1, secondPerson: false },
  };
  return {
    version: 'c0ffee',
    directory: 'config',
    timezone: 'Asia/Shanghai',
    language: 'en',
    mqtt: { listeners: [], limits: { packetBytes: 1, connections: 1, messagesPerSecondPerClient: 1 } },
    http: { host: '127.0.0.1', port: 0, insecure: false },
    store: {
      kind: 'influxdb',
      retentionMs: null,
      pruneAt: '0 3 * * *',
      influxdb: { url: 'http://127.0.0.1:8086', database: 'd', username: 'u', password: 'hidden-password' },
    },
    journal: { maxBytes: 1, whenFull: 'refuse' },
    time: { futureToleranceMs: 60_000, latenessMs: 10_000, liveWindowMs: 300_000 },
    deadLetters: { maxCount: 1 },
    tiers: { red: tier, orange: tier, yellow: tier, blue: tier },
    profiles: new Map(),
    devices,
    groups: [],
    routing: buildRouting([], { receivers: [buildReceiver('cc', { url, secret: SECRET })] }),
    governor: { maxPerSite: 1, warnBeforeMs: 1, requestMs: 1 },
    maintenance: [],
    drills: [],
    report: null,
    accounts: new Map(),
  };
}
