import type { ClockLimit, Limit, LimitName, RateLimit, Why } from './limit.ts';
import type { Rule } from './rule.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

export type PointType = 'number' | 'boolean' | 'string';

/** One measured point of a device class, or of one device with its overrides applied. */
export interface Point {
  readonly id: string;
  /** Position in `Profile.points` and in `Reading.values`. */
  readonly index: number;
  readonly title: Text;
  readonly type: PointType;
  readonly unit: string;
  /** A value outside is of bad quality and never a limit alarm. */
  readonly range: readonly [number, number] | null;
  /** In the order LL, L, H, HH; absent ones left out. */
  readonly limits: readonly Limit[];
  readonly rates: readonly RateLimit[];
  readonly why: Why | null;
  /** A CEL expression over other points of the device that gives the value; null = the device reports it. */
  readonly calc: string | null;
}

/** Silence longer than `afterMs` is an alarm. */
export interface Absence {
  readonly afterMs: number;
  readonly tier: Tier;
  readonly why?: Why;
}

/** How a device speaks. */
export interface Reporting {
  /** `periodic`: silence is a fault; `exception`: the device speaks on change only. */
  readonly mode: 'periodic' | 'exception';
  readonly intervalMs: number;
  /** Judged in the order of arrival, or put back into the order of source times first. */
  readonly order: 'arrival' | 'source';
}

/** A device class. */
export interface Profile {
  readonly id: string;
  readonly title: Text;
  readonly reporting: Reporting;
  /** A clock further off than this is an alarm; null = never. */
  readonly clock: ClockLimit | null;
  /** null = silence is no alarm. */
  readonly absent: Absence | null;
  /** What a device of this class reports. */
  readonly points: readonly Point[];
  /** What is calculated from it; their indexes go on behind `points`. */
  readonly calculated: readonly Point[];
  /** The reported points by name. */
  readonly pointIndex: ReadonlyMap<string, number>;
  /** Rules beyond limit ladders and rates. */
  readonly rules: readonly Rule[];
  /** Short hash of the profile's text: the rule version an alarm names. */
  readonly version: string;
}

export interface Location {
  readonly lon: number;
  readonly lat: number;
  readonly datum: string;
}

/** One limit or rate in which a device differs from its profile, and where that was decided. */
export interface Override {
  readonly point: string;
  readonly name: LimitName | RateLimit['direction'];
  /** Set point in force (`by` of a rate). */
  readonly at: number;
  /** What the profile says; null where it has no such limit. */
  readonly profileAt: number | null;
  /** Where the number comes from, as the setting sheet. */
  readonly origin: string | null;
  /** Reference of the approved change. */
  readonly change: string | null;
}

/** One device with everything in force for it. */
export interface Device {
  /** `{site}/{id}`: topic part, MQTT username, key everywhere. */
  readonly key: string;
  readonly site: string;
  readonly siteTitle: Text;
  readonly id: string;
  readonly title: Text;
  readonly profile: Profile;
  /** The points of the profile, reported and then calculated, with this device's overrides applied, same order. */
  readonly points: readonly Point[];
  /** The rules of the profile with this device's overrides applied. */
  readonly rules: readonly Rule[];
  readonly location: Location | null;
  readonly grid: string | null;
  readonly tags: readonly string[];
  /** Profile version and, with overrides, a hash of them. */
  readonly ruleVersion: string;
  /** Left out where everything is as in the profile. */
  readonly overrides?: readonly Override[];
}
