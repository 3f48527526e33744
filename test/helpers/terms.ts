import type { Terms } from '../../src/alerts/policy/governor.ts';
import type { GovernorSettings, TierSettings } from '../../src/model/routing.ts';
import type { Tier } from '../../src/model/tier.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Promises and terms of a tier: hidden for 8 h at most, by one person; nothing repeats. */
export function buildTierSettings(parts: Partial<TierSettings> = {}): TierSettings {
  return {
    title: { en: 'tier', zh: '级别' },
    acknowledgeWithinMs: 15 * MINUTE,
    reportWithinMs: 2 * HOUR,
    closeWithinMs: 24 * HOUR,
    repeatMs: null,
    realarmMs: null,
    bypass: { maxMs: 8 * HOUR, secondPerson: false },
    ...parts,
  };
}

/** Terms in which red needs a second person, is hidden for half an hour at most, and repeats every five minutes. */
export function buildTerms(
  tiers: Partial<Record<Tier, Partial<TierSettings>>> = {},
  governor: Partial<GovernorSettings> = {},
): Terms {
  const red: Partial<TierSettings> = {
    acknowledgeWithinMs: 5 * MINUTE,
    reportWithinMs: 30 * MINUTE,
    closeWithinMs: null,
    repeatMs: 5 * MINUTE,
    realarmMs: 30 * MINUTE,
    bypass: { maxMs: 30 * MINUTE, secondPerson: true },
  };
  return {
    tiers: {
      red: buildTierSettings({ ...red, ...tiers.red }),
      orange: buildTierSettings(tiers.orange),
      yellow: buildTierSettings(tiers.yellow),
      blue: buildTierSettings(tiers.blue),
    },
    governor: { maxPerSite: 20, warnBeforeMs: 10 * MINUTE, requestMs: 15 * MINUTE, ...governor },
  };
}
