import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/** Names of the four limits, LL and L below, H and HH above. */
export const LIMIT_NAMES = ['LL', 'L', 'H', 'HH'] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** What an operator must know to answer an alarm (ISA-18.2 rationalisation). */
export interface Why {
  readonly cause?: string;
  readonly consequence?: string;
  readonly action?: string;
  /** Time the operator has before the consequence. */
  readonly responseTimeMs?: number;
}

/** One limit of a point, in force for one device. */
export interface Limit {
  readonly name: LimitName;
  /** Set point, in the unit of the point. Trips at >= (H, HH) or <= (L, LL). */
  readonly at: number;
  /** Clears only beyond `at` -/+ `deadband`, in the unit of the point. */
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly tier: Tier;
  /** A latched alarm stays until a person resets it. */
  readonly latch: boolean;
}

/** Rate of change: trips when the fitted slope reaches `by` per `overMs`. */
export interface RateLimit {
  readonly direction: 'rising' | 'falling';
  /** Change over the window, positive, in the unit of the point. */
  readonly by: number;
  readonly overMs: number;
  readonly minSamples: number;
  /** Clears when the change over the window is below `by` - `deadband`. */
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly tier: Tier;
  readonly latch: boolean;
}

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
}

/** A device class. */
export interface Profile {
  readonly id: string;
  readonly title: Text;
  readonly reporting: { readonly mode: 'periodic' | 'exception'; readonly intervalMs: number };
  /** Silence longer than `afterMs` is an alarm; null = never. */
  readonly absent: { readonly afterMs: number; readonly tier: Tier; readonly why?: Why } | null;
  readonly points: readonly Point[];
  readonly pointIndex: ReadonlyMap<string, number>;
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
  /** The points of the profile with this device's overrides applied, same order. */
  readonly points: readonly Point[];
  readonly location: Location | null;
  readonly grid: string | null;
  readonly tags: readonly string[];
  /** Profile version and, with overrides, a hash of them. */
  readonly ruleVersion: string;
  /** Left out where everything is as in the profile. */
  readonly overrides?: readonly Override[];
}
