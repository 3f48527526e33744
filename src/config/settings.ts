import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { drillsSchema } from '../alerts/policy/schema/drill.ts';
import { governorSchema } from '../alerts/policy/schema/governor.ts';
import { maintenanceSchema } from '../alerts/policy/schema/maintenance.ts';
import { reportSchema } from '../alerts/policy/schema/report.ts';
import { tiersSchema } from '../alerts/policy/schema/tiers.ts';
import { httpSchema } from '../api/schema.ts';
import { mqttSchema } from '../broker/schema.ts';
import { deadLettersSchema, journalSchema, timeSchema } from '../ingest/schema.ts';
import type { Configuration, InfluxSettings, MqttListener } from '../model/configuration.ts';
import { parseBytes, parseDuration } from '../model/duration.ts';
import { allow } from '../rules/schema/allow.ts';
import { INFLUX_DEFAULTS, type StoreEntry, storeSchema } from '../store/schema.ts';
import type { Path, Reporter } from './fault.ts';
import { isHost, isLoopback } from './network.ts';
import { buildGovernor, buildTiers } from './promises.ts';
import { checkCron } from './schedule.ts';
import { readSecretFile, type Surroundings } from './secrets.ts';
import type { Shape } from './shape.ts';

/** davylamp.yaml: the owners' parts, joined. */
export const settingsFileSchema = Type.Object(
  {
    timezone: Type.String({ default: 'Asia/Shanghai', description: 'IANA name; schedules and reports follow it.' }),
    language: Type.Union([Type.Literal('en'), Type.Literal('zh')], {
      default: 'en',
      description: 'Of what people read: messages of robots and gateways, and reports. Each receiver may differ.',
    }),
    mqtt: mqttSchema,
    http: httpSchema,
    store: storeSchema,
    journal: journalSchema,
    time: timeSchema,
    deadLetters: deadLettersSchema,
    tiers: tiersSchema,
    governor: governorSchema,
    maintenance: maintenanceSchema,
    drills: drillsSchema,
    report: reportSchema,
    allow,
  },
  { additionalProperties: false },
);

export type SettingsFile = Static<typeof settingsFileSchema>;

export type Settings = Pick<
  Configuration,
  'timezone' | 'language' | 'mqtt' | 'http' | 'store' | 'journal' | 'time' | 'deadLetters' | 'tiers' | 'governor'
>;

/** Checks what the shape alone does not tell, and resolves what could be read; null when something could not. */
export function buildSettings(
  shape: Shape<SettingsFile>,
  surroundings: Surroundings,
  reporter: Reporter,
): Settings | null {
  const { data, sound } = shape;
  if (sound(['timezone']) && !isTimeZone(data.timezone)) {
    reporter.error('TIMEZONE_UNKNOWN', ['timezone'], data.timezone, 'write an IANA name, as Asia/Shanghai or UTC');
  }
  checkListeners(shape, surroundings, reporter);
  if (sound(['http'])) checkHttp(data.http, reporter);
  if (sound(['mqtt']) && sound(['http'])) checkPorts(data, reporter);
  checkJournal(shape, reporter);
  if (sound(['time'])) checkTime(data.time, reporter);
  if (sound(['store', 'pruneAt'])) checkCron(data.store.pruneAt, ['store', 'pruneAt'], reporter);
  const influxdb = buildInflux(shape, surroundings, reporter);
  if (!sound([])) return null;
  return {
    timezone: data.timezone,
    language: data.language,
    mqtt: {
      listeners: data.mqtt.listeners.map((listener) => buildListener(listener, surroundings)),
      limits: data.mqtt.limits,
    },
    http: data.http,
    store: {
      kind: data.store.kind,
      retentionMs: data.store.retention === 'forever' ? null : parseDuration(data.store.retention),
      pruneAt: data.store.pruneAt,
      influxdb,
    },
    journal: { maxBytes: parseBytes(data.journal.maxBytes), whenFull: 'refuse' },
    time: {
      futureToleranceMs: parseDuration(data.time.futureTolerance),
      latenessMs: parseDuration(data.time.lateness),
      liveWindowMs: parseDuration(data.time.liveWindow),
    },
    deadLetters: data.deadLetters,
    tiers: buildTiers(data.tiers),
    governor: buildGovernor(data.governor),
  };
}

/** True for the IANA name of a zone. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

type ListenerEntry = SettingsFile['mqtt']['listeners'][number];

function checkListeners({ data, sound }: Shape<SettingsFile>, surroundings: Surroundings, reporter: Reporter): void {
  const listeners = Array.isArray(data.mqtt?.listeners) ? data.mqtt.listeners : [];
  for (const [index, listener] of listeners.entries()) {
    const path = ['mqtt', 'listeners', index];
    if (sound([...path, 'tls']) && listener.tls) checkTls(listener.tls, [...path, 'tls'], surroundings, reporter);
    if (sound([...path, 'host']) && sound([...path, 'anonymous']) && sound([...path, 'insecure'])) {
      checkExposure(listener, path, reporter);
    }
  }
}

function checkExposure(listener: ListenerEntry, path: Path, reporter: Reporter): void {
  const { host, anonymous, insecure, tls } = listener;
  if (!isHost(host)) reporter.error('HOST_INVALID', [...path, 'host'], host, 'not an address');
  if (isLoopback(host)) return;
  if (anonymous && !insecure) {
    const message = `anyone who reaches ${host} could publish: only on 127.0.0.1, or say insecure: true`;
    reporter.error('MQTT_ANONYMOUS', [...path, 'anonymous'], true, message);
  }
  if (!tls && !insecure) {
    const message = 'passwords and data cross the network in clear: add tls, or say insecure: true to accept it';
    reporter.warn('MQTT_PLAINTEXT', [...path, 'tls'], null, message);
  }
}

function checkTls(
  tls: NonNullable<ListenerEntry['tls']>,
  path: Path,
  surroundings: Surroundings,
  reporter: Reporter,
): void {
  if (tls.clientCertificate === 'required' && tls.caFile === undefined) {
    const message = 'client certificates need the authority that signs them: add caFile';
    reporter.error('MISSING_KEY', [...path, 'caFile'], null, message);
  }
  for (const key of ['certFile', 'keyFile', 'caFile'] as const) {
    const name = tls[key];
    if (name !== undefined && !existsSync(resolve(surroundings.directory, name))) {
      reporter.error('FILE_UNREADABLE', [...path, key], name, `there is no ${resolve(surroundings.directory, name)}`);
    }
  }
}

function buildListener(listener: ListenerEntry, { directory }: Surroundings): MqttListener {
  const { tls } = listener;
  return {
    host: listener.host,
    port: listener.port,
    anonymous: listener.anonymous,
    insecure: listener.insecure,
    tls: tls
      ? {
          certFile: resolve(directory, tls.certFile),
          keyFile: resolve(directory, tls.keyFile),
          caFile: tls.caFile === undefined ? null : resolve(directory, tls.caFile),
          clientCertificate: tls.clientCertificate,
        }
      : null,
  };
}

function checkHttp(http: SettingsFile['http'], reporter: Reporter): void {
  if (!isHost(http.host)) reporter.error('HOST_INVALID', ['http', 'host'], http.host, 'not an address');
  if (!isLoopback(http.host) && !http.insecure) {
    const message = 'the API has no login yet: listen on 127.0.0.1 behind a proxy, or say insecure: true';
    reporter.error('HTTP_EXPOSED', ['http', 'host'], http.host, message);
  }
}

function checkPorts(data: SettingsFile, reporter: Reporter): void {
  const taken = new Map<string, string>([[`${data.http.host}:${data.http.port}`, 'http']]);
  for (const [index, { host, port }] of data.mqtt.listeners.entries()) {
    const owner = port === 0 ? undefined : taken.get(`${host}:${port}`);
    if (owner) {
      reporter.error('PORT_TWICE', ['mqtt', 'listeners', index, 'port'], port, `${host}:${port} is taken by ${owner}`);
    }
    taken.set(`${host}:${port}`, `mqtt.listeners[${index}]`);
  }
}

function checkJournal({ data, sound }: Shape<SettingsFile>, reporter: Reporter): void {
  if (sound(['journal', 'whenFull']) && data.journal.whenFull === 'dropOldest') {
    const message = 'not supported by this version: write refuse, which loses nothing';
    reporter.error('NOT_SUPPORTED_YET', ['journal', 'whenFull'], 'dropOldest', message);
  }
  if (!sound(['journal', 'maxBytes']) || !sound(['mqtt', 'limits'])) return;
  if (parseBytes(data.journal.maxBytes) < data.mqtt.limits.packetBytes) {
    const message = `a packet of ${data.mqtt.limits.packetBytes} bytes would never fit: make it larger`;
    reporter.error('JOURNAL_TOO_SMALL', ['journal', 'maxBytes'], data.journal.maxBytes, message);
  }
}

function checkTime(time: SettingsFile['time'], reporter: Reporter): void {
  if (parseDuration(time.liveWindow) > parseDuration(time.lateness)) return;
  const message = `must be longer than lateness (${time.lateness}), or data that is waited for never alarms`;
  reporter.error('LIVE_WINDOW_TOO_SHORT', ['time', 'liveWindow'], time.liveWindow, message);
}

function buildInflux(
  { data, sound }: Shape<SettingsFile>,
  surroundings: Surroundings,
  reporter: Reporter,
): InfluxSettings | null {
  const path = ['store', 'influxdb'];
  if (!sound(['store', 'kind']) || !sound(path)) return null;
  const used = data.store.kind === 'influxdb';
  const entry: NonNullable<StoreEntry['influxdb']> = data.store.influxdb ?? INFLUX_DEFAULTS;
  checkInfluxUrl(entry.url, [...path, 'url'], reporter);
  if (entry.password !== undefined && entry.passwordFile !== undefined) {
    reporter.error('SECRET_TWICE', [...path, 'passwordFile'], null, 'give password or passwordFile, not both');
  }
  const password =
    entry.passwordFile === undefined
      ? (entry.password ?? null)
      : readSecretFile(entry.passwordFile, [...path, 'passwordFile'], surroundings, reporter);
  return used ? { url: entry.url, database: entry.database, username: entry.username ?? null, password } : null;
}

function checkInfluxUrl(url: string, path: Path, reporter: Reporter): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    reporter.error('URL_INVALID', path, url, 'must be http://host:port or https://host:port');
  } else if (parsed.username !== '' || parsed.password !== '') {
    reporter.error('URL_CREDENTIALS', path, url, 'use username and password: a URL ends up in logs');
  } else if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    reporter.warn('STORE_PLAINTEXT', path, url, 'the password and the data cross the network in clear: use https');
  }
}
