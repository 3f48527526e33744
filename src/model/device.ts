import type { Gas } from './gas.ts';
import type { ClockLimit, Limit, RateLimit, Why } from './limit.ts';
import type { Expression, Rule } from './rule.ts';
import type { Suppression } from './suppression.ts';
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
  /** Loop current in mA at or beyond which the transmitter has failed (NAMUR NE 43); left out where the point is none. */
  readonly signal?: { readonly low: number; readonly high: number };
  /** What gas it measures; left out where it is none, or not said. */
  readonly gas?: Gas;
  /** In the order LL, L, H, HH; absent ones left out. */
  readonly limits: readonly Limit[];
  readonly rates: readonly RateLimit[];
  readonly why: Why | null;
  /** What gives the value from other points of the device; null = the device reports it. */
  readonly calc: Expression | null;
  /** Its newest sample counts as bad when it is older than this; null = it stays good until another comes. */
  readonly staleAfterMs: number | null;
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
  /** What is calculated from it; their indexes go on behind `points`. None depends on one behind it. */
  readonly calculated: readonly Point[];
  /** The reported points by name. */
  readonly pointIndex: ReadonlyMap<string, number>;
  /** Rules beyond limit ladders and rates. */
  readonly rules: readonly Rule[];
  /** Plant states in which alarms of a device are hidden; left out where there are none. */
  readonly suppressions?: readonly Suppression[];
  /** Short hash of the profile's text: the rule version an alarm names. */
  readonly version: string;
}

export interface Location {
  readonly lon: number;
  readonly lat: number;
  readonly datum: string;
}

/** One limit, rate or rule in which a device differs from its profile, and where that was decided. */
export interface Override {
  /** null where the rule is about the device. */
  readonly point: string | null;
  /** Name of the limit, direction of the rate, or id of the rule. */
  readonly name: string;
  /** Set point in force (`by` of a rate); null = the rule is off for this device. */
  readonly at: number | null;
  /** What the profile says; null where it has no such limit. */
  readonly profileAt: number | null;
  /** Where the number comes from, as the setting sheet. */
  readonly origin: string | null;
  /** Reference of the approved change. */
  readonly change: string | null;
  /** Last day it was approved for, as `2027-06-30`; left out where it has no end. It stays in force beyond. */
  readonly expires?: string;
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
  /** Id of the gateway it speaks through; left out where it has none. */
  readonly gateway?: string;
  /** Profile version and, with overrides, a hash of them. */
  readonly ruleVersion: string;
  /** Left out where everything is as in the profile. */
  readonly overrides?: readonly Override[];
}
