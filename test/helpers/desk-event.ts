import { digestLine } from '../../src/alerts/digest.ts';
import type { DeskEvent } from '../../src/alerts/policy/pile.ts';
import type { Alarm, AlarmEventType } from '../../src/model/alarm.ts';
import type { Grouping } from '../../src/model/routing.ts';
import { buildAlarmEvent } from './delivery-rig.ts';

/** Ten seconds, then a minute, for each site. */
export const BY_SITE: Grouping = { by: ['site'], waitMs: 10_000, intervalMs: 60_000 };

/** An event as a desk sees it, at `at` and at this place in the log; a yellow alarm of its own by default. */
export function buildDeskEvent(
  sequence: number,
  at: number,
  type: AlarmEventType = 'raised',
  parts: Partial<Alarm> = {},
): DeskEvent {
  const event = buildAlarmEvent(sequence, type, { tier: 'yellow', ...parts, at });
  return { sequence, alarm: event.alarm, line: digestLine(event) };
}
