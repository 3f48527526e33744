import type { Quality } from '../../src/model/quality.ts';
import type { Text } from '../../src/model/text.ts';
import type { DeviceClass } from './device.ts';

/** How a device's link is while it is not simply up: connected but mute, gone with its power, or cut while it samples on. */
export type BrokenLink = 'silence' | 'offline' | 'outage';

/** What a step does to a device. Points keep an effect until it is replaced or released. */
export type Effect =
  | { readonly kind: 'ramp'; readonly point: string; readonly to: number; readonly overMs: number }
  | { readonly kind: 'set'; readonly point: string; readonly to: number | boolean | null }
  /** Freezes the value as it is now. */
  | { readonly kind: 'hold'; readonly point: string }
  | { readonly kind: 'noise'; readonly point: string; readonly deviation: number }
  | { readonly kind: 'quality'; readonly point: string; readonly to: Quality }
  /** Ends every effect on the point (null: on all points); the value returns to normal over `overMs`. */
  | { readonly kind: 'release'; readonly point: string | null; readonly overMs: number }
  | { readonly kind: 'link'; readonly link: BrokenLink; readonly forMs: number };

/** One line of the timeline. */
export interface Step {
  /** Story time, milliseconds from the start. */
  readonly atMs: number;
  /** Id of the group. */
  readonly on: string;
  readonly which: 'affected' | 'all';
  /** What the operator of the simulator reads when it happens. */
  readonly note: string | null;
  readonly effect: Effect;
}

/** Devices of one class at one site. The first `affected` of them live through the steps. */
export interface Group {
  readonly id: string;
  readonly deviceClass: DeviceClass;
  readonly site: string;
  readonly prefix: string;
  readonly count: number;
  readonly affected: number | 'all' | { readonly percent: number };
}

export interface Scenario {
  readonly name: string;
  readonly title: Text;
  readonly description: string;
  /** Plant time at the start, milliseconds since midnight. */
  readonly timeOfDayMs: number;
  /** Wall time between two messages of a device. */
  readonly intervalMs: number;
  readonly durationMs: number;
  /** After `durationMs` the story goes on from here; null = it ends. */
  readonly loopFromMs: number | null;
  readonly groups: readonly Group[];
  /** In order of time. */
  readonly steps: readonly Step[];
}

/** One device of the cast. */
export interface CastMember {
  readonly site: string;
  readonly id: string;
  readonly group: string;
  readonly deviceClass: DeviceClass;
  readonly affected: boolean;
}

/** Reads the timeline once, forwards, loops included. */
export interface Timeline {
  /** The next step that is due at or before `storyMs`, with its own story time. */
  next(storyMs: number): { readonly step: Step; readonly atMs: number } | null;
}

/** A timeline of these steps (a device's own, or all of them for the narrator). */
export function createTimeline(scenario: Scenario, steps: readonly Step[]): Timeline {
  const loopFrom = scenario.loopFromMs;
  const loopStart = loopFrom === null ? -1 : steps.findIndex((step) => step.atMs >= loopFrom);
  let index = 0;
  let round = 0;
  return {
    next(storyMs) {
      if (index === steps.length) {
        if (loopFrom === null || loopStart < 0) return null;
        index = loopStart;
        round += 1;
      }
      const step = steps[index];
      if (!step) return null;
      const atMs = step.atMs + round * (scenario.durationMs - (loopFrom ?? 0));
      if (atMs > storyMs) return null;
      index += 1;
      return { step, atMs };
    },
  };
}

/**
 * The devices that take part, group by group: as the scenario says, or `devices`
 * of them in the same proportions with at least one a group.
 */
export function castOf(
  scenario: Scenario,
  wanted: { devices: number | null; site: string | null; prefix: string | null },
): readonly (readonly CastMember[])[] {
  const counts = scaledCounts(
    scenario.groups.map((group) => group.count),
    wanted.devices,
  );
  // With one prefix for all, the groups of a site must share one numbering or their names would collide.
  const numbered = new Map<string, number>();
  return scenario.groups.map((group, g) => {
    const count = counts[g] ?? group.count;
    const affected = affectedCount(group, count);
    const site = wanted.site ?? group.site;
    const prefix = wanted.prefix ?? group.prefix;
    return Array.from({ length: count }, (_, i) => {
      const number = (numbered.get(`${site}/${prefix}`) ?? 0) + 1;
      numbered.set(`${site}/${prefix}`, number);
      return {
        site,
        id: `${prefix}${String(number).padStart(3, '0')}`,
        group: group.id,
        deviceClass: group.deviceClass,
        affected: i < affected,
      };
    });
  });
}

function affectedCount(group: Group, count: number): number {
  if (group.affected === 'all') return count;
  if (typeof group.affected === 'number') return Math.min(group.affected, count);
  return Math.ceil((group.affected.percent / 100) * count);
}

/** Largest remainder, each group at least one; fewer devices than groups leaves the last groups out. */
function scaledCounts(counts: readonly number[], total: number | null): readonly number[] {
  if (total === null) return counts;
  if (total <= counts.length) return counts.map((_, g) => (g < total ? 1 : 0));
  const sum = counts.reduce((a, b) => a + b, 0);
  const spare = total - counts.length;
  const exact = counts.map((count) => (count / sum) * spare);
  const scaled = exact.map((share) => 1 + Math.floor(share));
  const order = exact.map((share, g) => ({ g, rest: share - Math.floor(share) })).sort((a, b) => b.rest - a.rest);
  let left = total - scaled.reduce((a, b) => a + b, 0);
  for (const { g } of order) {
    if (left === 0) break;
    scaled[g] = (scaled[g] ?? 0) + 1;
    left -= 1;
  }
  return scaled;
}
