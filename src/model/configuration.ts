import type { Device, Profile } from './device.ts';
import type { Group } from './group.ts';
import type { Drill, GovernorSettings, MaintenanceWindow, ReportSettings, Routing, TierSettings } from './routing.ts';
import type { Language } from './text.ts';
import type { Tier } from './tier.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string | null;
  readonly clientCertificate: 'none' | 'required';
}

export interface MqttListener {
  readonly host: string;
  readonly port: number;
  readonly anonymous: boolean;
  readonly insecure: boolean;
  readonly tls: TlsFiles | null;
}

/** 0 = no limit. */
export interface MqttLimits {
  readonly packetBytes: number;
  readonly connections: number;
  readonly messagesPerSecondPerClient: number;
}

export interface InfluxSettings {
  /** `http://host:port` without credentials. */
  readonly url: string;
  readonly database: string;
  readonly username: string | null;
  readonly password: string | null;
}

export interface StoreSettings {
  readonly kind: 'duckdb' | 'influxdb';
  /** Readings older than this are removed; null = kept for ever. */
  readonly retentionMs: number | null;
  /** node-cron expression in the configured time zone: when the embedded store is pruned. */
  readonly pruneAt: string;
  readonly influxdb: InfluxSettings | null;
}

export type Role = 'device' | 'gateway' | 'reader';

/** One account of `users.yaml`. */
export interface Account {
  /** A device's is `{site}/{device}`. */
  readonly username: string;
  /** `scrypt$N$r$p$salt$hash`, base64 parts. */
  readonly hash: string;
  readonly role: Role;
  /** Topic filters a gateway may publish to. */
  readonly publish: readonly string[];
  /** Topic filters a reader or gateway may subscribe to. */
  readonly subscribe: readonly string[];
}

/** Everything that was configured, checked, with defaults and overrides applied. */
export interface Configuration {
  /** Short hash of all files. */
  readonly version: string;
  readonly directory: string;
  readonly timezone: string;
  readonly language: Language;
  readonly mqtt: { readonly listeners: readonly MqttListener[]; readonly limits: MqttLimits };
  readonly http: { readonly host: string; readonly port: number; readonly insecure: boolean };
  readonly store: StoreSettings;
  readonly journal: { readonly maxBytes: number; readonly whenFull: 'refuse' };
  readonly time: { readonly futureToleranceMs: number; readonly latenessMs: number; readonly liveWindowMs: number };
  readonly deadLetters: { readonly maxCount: number };
  readonly tiers: Readonly<Record<Tier, TierSettings>>;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** By device key `{site}/{id}`. */
  readonly devices: ReadonlyMap<string, Device>;
  /** What is judged over several devices. */
  readonly groups: readonly Group[];
  readonly routing: Routing;
  readonly governor: GovernorSettings;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly drills: readonly Drill[];
  /** null = no daily report. */
  readonly report: ReportSettings | null;
  readonly accounts: ReadonlyMap<string, Account>;
}
