/** Internal urgency of an alarm, least urgent first. Never a public warning level. */
export const TIERS = ['blue', 'yellow', 'orange', 'red'] as const;

export type Tier = (typeof TIERS)[number];

/** Position of a tier: blue 0, yellow 1, orange 2, red 3. */
export function tierRank(tier: Tier): number {
  return TIERS.indexOf(tier);
}
