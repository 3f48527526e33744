import type { Alarm } from '../model/alarm.ts';
import { type Cover, HIDDEN_BY } from '../model/bypass.ts';
import { changeOf } from './machine/change.ts';
import { settle, strongest } from './machine/cover.ts';
import { type AlarmInput, type Refused, type Step, silent, step } from './machine/step.ts';

/**
 * The alarm machine of ISA-18.2 / IEC 62682 (OPC UA Part 9 words): what an input at engine time `at` makes of an alarm
 * that `covers` apply to. State `normal` ends the alarm. Raising a new one is {@link raise}.
 *
 * The input moves `shown`, the state without any bypass; then the strongest cover that reaches up to its tier hides
 * it. An alarm that leaves its bypass is announced anew where its condition holds, however it was before.
 */
export function next(alarm: Alarm, input: AlarmInput, at: number, covers: readonly Cover[] = []): Step | Refused {
  const outcome = changeOf(alarm, input, at);
  return outcome.kind === 'refused' ? outcome : settle(alarm, outcome, at, covers);
}

/**
 * The first event of a new alarm: `alarm` is as it was built, with revision 0. Under a cover it starts hidden: it is
 * logged, and nobody is asked to acknowledge it.
 */
export function raise(alarm: Alarm, covers: readonly Cover[] = []): Step {
  const cover = strongest(covers, alarm);
  if (!cover) return step(alarm, [{ type: 'raised', bypass: null }], {});
  const parts = { state: HIDDEN_BY[cover.kind], bypass: cover.id, ...silent };
  return step(alarm, [{ type: 'raised', bypass: null }], parts);
}
