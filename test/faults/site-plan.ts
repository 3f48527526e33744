import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Tier names as the configuration writes them; the fault tests import nothing of what they judge. */
export type TierName = 'blue' | 'yellow' | 'orange' | 'red';

/** One limit as the fault tests configure it, and as the oracle reads it. */
export interface PlannedLimit {
  readonly name: 'LL' | 'L' | 'H' | 'HH';
  readonly at: number;
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly tier: TierName;
  readonly latch: boolean;
}

export interface PlannedPoint {
  readonly id: string;
  readonly unit: string;
  readonly range: readonly [number, number];
  readonly limits: readonly PlannedLimit[];
}

export const SITE = 'wujin-gas';
export const PROFILE = 'gas-cabinet';

const instant = { onDelayMs: 0, latch: false };

/**
 * A small gas cabinet. Pressure has a full ladder without delays, so that which alarms must come follows from the
 * values alone, however often the engine dies; its low side latches. The gas level has a delay, so that a pending
 * delay is there to be lost.
 */
export const POINTS: readonly PlannedPoint[] = [
  {
    id: 'outletPressure',
    unit: 'kPa',
    range: [0, 10],
    limits: [
      { name: 'LL', at: 1, deadband: 0.1, tier: 'red', ...instant, latch: true },
      { name: 'L', at: 1.5, deadband: 0.1, tier: 'orange', ...instant },
      { name: 'H', at: 3.2, deadband: 0.1, tier: 'orange', ...instant },
      { name: 'HH', at: 4, deadband: 0.2, tier: 'red', ...instant },
    ],
  },
  {
    id: 'gasLevel',
    unit: '%LEL',
    range: [0, 100],
    limits: [{ name: 'H', at: 20, deadband: 2, tier: 'red', latch: false, onDelayMs: 400 }],
  },
];

export interface PlannedReceiver {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

export type PlannedStore =
  | { readonly kind: 'duckdb' }
  | { readonly kind: 'influxdb'; readonly url: string; readonly database: string };

export interface SitePlan {
  readonly directory: string;
  readonly devices: readonly string[];
  readonly mqttPort: number;
  readonly receivers: readonly PlannedReceiver[];
  readonly store: PlannedStore;
  readonly journalMaxBytes?: string;
  /** Silence after which a device is absent; long by default, so that a slow machine raises nothing of its own. */
  readonly absentAfter?: string;
}

/** Writes the configuration directory of a plan (YAML is a superset of JSON). */
export async function writeConfiguration(plan: SitePlan): Promise<void> {
  const { directory } = plan;
  await mkdir(join(directory, 'profiles'), { recursive: true });
  await mkdir(join(directory, 'devices'), { recursive: true });
  await write(join(directory, 'davylamp.yaml'), {
    mqtt: {
      listeners: [{ host: '127.0.0.1', port: plan.mqttPort, anonymous: true }],
      limits: { messagesPerSecondPerClient: 0 },
    },
    http: { host: '127.0.0.1', port: 0 },
    store:
      plan.store.kind === 'duckdb'
        ? { kind: 'duckdb' }
        : { kind: 'influxdb', influxdb: { url: plan.store.url, database: plan.store.database } },
    journal: { maxBytes: plan.journalMaxBytes ?? '1GB', whenFull: 'refuse' },
  });
  await write(join(directory, 'profiles', `${PROFILE}.yaml`), {
    profile: PROFILE,
    reporting: { mode: 'periodic', interval: '1s' },
    absent: { after: plan.absentAfter ?? '10m', tier: 'blue' },
    points: Object.fromEntries(POINTS.map((point) => [point.id, pointEntry(point)])),
  });
  await write(join(directory, 'devices', `${SITE}.yaml`), {
    site: SITE,
    devices: plan.devices.map((id) => ({ id, profile: PROFILE })),
  });
  const receivers = plan.receivers.map(({ id, url }) => [
    id,
    // No flood: what is counted here is every event by itself.
    { webhook: { url, secret: envReference(id) }, flood: false },
  ]);
  await write(join(directory, 'routes.yaml'), {
    receivers: Object.fromEntries(receivers),
    routes: receivers.length > 0 ? [{ to: plan.receivers.map(({ id }) => id) }] : [],
    inhibit: [],
  });
}

/** Secrets reach the engine by its environment, as the configuration wants it. */
export function secretsEnvironment(receivers: readonly PlannedReceiver[]): Record<string, string> {
  return Object.fromEntries(receivers.map(({ id, secret }) => [secretVariable(id), secret]));
}

function envReference(receiver: string): string {
  return `\${${secretVariable(receiver)}}`;
}

function secretVariable(receiver: string): string {
  return `SECRET_${receiver.replaceAll('-', '_').toUpperCase()}`;
}

function pointEntry(point: PlannedPoint): object {
  const limits = point.limits.map(({ name, at, deadband, onDelayMs, tier, latch }) => [
    name,
    { at, deadband, onDelay: `${onDelayMs}ms`, offDelay: '0s', tier, latch },
  ]);
  return {
    type: 'number',
    unit: point.unit,
    range: point.range,
    limits: Object.fromEntries(limits),
    why: { cause: 'fault test', consequence: 'none', action: 'none', responseTime: '10m' },
  };
}

function write(file: string, content: object): Promise<void> {
  return writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
