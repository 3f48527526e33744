import type { Tier } from '../../model/tier.ts';
import { tierRank } from '../../model/tier.ts';
import type { WhyEntry } from '../../rules/schema/terms.ts';
import type { Path } from '../fault.ts';
import { missingWhy, resolveWhy } from '../text.ts';
import type { GroupContext } from './context.ts';

/** Reports a group of an urgent tier that does not say what an operator must know. */
export function checkWhy(
  levels: readonly { readonly tier: Tier }[],
  why: WhyEntry | undefined,
  path: Path,
  { reporter, sound }: GroupContext,
): void {
  const urgent = levels.find(({ tier }) => tierRank(tier) >= tierRank('orange'));
  const missing = missingWhy(why && resolveWhy(why));
  if (!urgent || missing.length === 0 || !sound([...path, 'why'])) return;
  const message = `tier ${urgent.tier} needs a why: add ${missing.join(', ')}`;
  reporter.error('WHY_MISSING', [...path, 'why'], urgent.tier, message);
}
