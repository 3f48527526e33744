import { type Condition, conditionsOf, conditionsOfGroup } from '../model/condition-name.ts';
import type { Profile } from '../model/device.ts';
import type { Group } from '../model/group.ts';
import type { TrialOutcome } from './outcome.ts';

/** A limit, rate, rule or silence of a profile, or a condition of a group, that no test brings into force. */
export interface Uncovered extends Condition {
  /** Id of the profile, or key of the group. */
  readonly profile: string;
}

/** What of the profiles and groups was brought into force by the tests, and what was not. */
export interface Coverage {
  readonly conditions: number;
  readonly uncovered: readonly Uncovered[];
}

/**
 * Compares what profiles and groups have with what tests brought into force. A limit counts when it was the one in
 * force: HH covers no H. What a device alone has, wrong clocks and the folding of silences are not asked for.
 */
export function coverage(
  profiles: Iterable<Profile>,
  outcomes: readonly Pick<TrialOutcome, 'tripped'>[],
  groups: readonly Group[] = [],
): Coverage {
  const tripped = new Set(outcomes.flatMap((outcome) => [...outcome.tripped]));
  const uncovered: Uncovered[] = [];
  let conditions = 0;
  const ask = (profile: string, asked: readonly Condition[]) => {
    conditions += asked.length;
    for (const condition of asked) {
      if (!tripped.has(`${profile}|${condition.name}`)) uncovered.push({ profile, ...condition });
    }
  };
  for (const { id, points, calculated, rules, absent } of profiles) {
    ask(id, conditionsOf([...points, ...calculated], rules, absent !== null));
  }
  for (const group of groups) {
    if (group.kind !== 'silence') ask(group.device.key, conditionsOfGroup(group));
  }
  return { conditions, uncovered };
}
