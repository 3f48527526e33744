import type { Profile } from '../../model/device.ts';
import { type Tier, tierRank } from '../../model/tier.ts';
import type { Reporter } from '../fault.ts';
import { spoken } from './place.ts';

/** Warns where silence of a device with urgent alarms is told too late, or never. */
export function lintSilence(profile: Profile, reporter: Reporter): void {
  const { absent, reporting } = profile;
  const urgent = urgentAlarms(profile);
  if (urgent.length === 0) return;
  if (!absent) {
    // Silence of a device that speaks on change only is no sign of anything.
    if (reporting.mode === 'exception') return;
    const message = `${urgent[0]?.name} is ${urgent[0]?.tier}, and a dead device would look calm: remove never`;
    reporter.warn('ABSENT_UNWATCHED', ['absent'], 'never', message);
    return;
  }
  const timed = urgent.flatMap(({ name, responseTimeMs }) =>
    responseTimeMs === undefined ? [] : [{ name, responseTimeMs }],
  );
  const tightest = timed.toSorted((a, b) => a.responseTimeMs - b.responseTimeMs)[0];
  if (!tightest || 2 * absent.afterMs < tightest.responseTimeMs) return;
  const message =
    `silence is told after ${spoken(absent.afterMs)}, and ${tightest.name} leaves ${spoken(tightest.responseTimeMs)} to ` +
    'respond: tell it in less than half';
  reporter.warn('ABSENT_SLOW', ['absent', 'after'], absent.afterMs / 1000, message);
}

interface Urgent {
  readonly name: string;
  readonly tier: Tier;
  readonly responseTimeMs: number | undefined;
}

/** What can become red or orange. */
function urgentAlarms({ points, calculated, rules }: Profile): Urgent[] {
  const all = [...points, ...calculated];
  const ofPoints = all.flatMap(({ id, limits, rates, why }) =>
    [
      ...limits.map(({ name, tier }) => ({ name, tier })),
      ...rates.map(({ direction, tier }) => ({ name: direction, tier })),
    ].map(({ name, tier }) => ({ name: `${id}.${name}`, tier, responseTimeMs: why?.responseTimeMs })),
  );
  const ofRules = rules.flatMap(({ id, levels, why, point }) => {
    const reason = why ?? (point === null ? null : all[point]?.why);
    return levels.map(({ tier }) => ({ name: id, tier, responseTimeMs: reason?.responseTimeMs }));
  });
  return [...ofPoints, ...ofRules].filter(({ tier }) => tierRank(tier) >= tierRank('orange'));
}
