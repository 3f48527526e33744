import type { ConditionChange } from '../../model/condition.ts';

/** Names what a change is about within its device: one side of a ladder, or a rule. */
export function conditionKey({ rule, point, direction }: ConditionChange): string {
  return `${rule?.id ?? point?.id ?? ''}|${direction}`;
}

/** False for silence, a wrong clock and a lost measurement, which say nothing of the process. */
export function isOfProcess({ direction }: ConditionChange): boolean {
  return direction !== 'absent' && direction !== 'clock' && direction !== 'bad';
}
