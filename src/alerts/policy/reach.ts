import type { AlarmEventType, OutboundEvent, SystemEvent } from '../../model/alarm.ts';

/**
 * How far an event goes, whatever the routes say: `all` whom they name; `told`, only who has been told of the alarm;
 * `none`, it is logged and counted.
 */
export type Reach = 'all' | 'told' | 'none';

/** Steps of a case, and promises that were broken. */
const OF_CASE: ReadonlySet<AlarmEventType> = new Set([
  'overdue',
  'verified',
  'disposed',
  'reported',
  'reviewed',
  'supervised',
  'commented',
  'closed',
  'reopened',
]);

/** Beside its case, what is told of a hidden alarm to whoever knows of it: begin and end of the bypass, and its own end. */
const TOLD: ReadonlySet<AlarmEventType> = new Set([
  ...OF_CASE,
  'cleared',
  'shelved',
  'suppressed',
  'removedFromService',
  'unshelved',
  'unsuppressed',
  'returnedToService',
]);

/**
 * Begin and end of a bypass are told where no alarm may tell of them: of what is out of service, and of a shelf that was
 * asked for, since everybody has heard the request. Of the rest the alarms tell who is concerned; plant states and
 * maintenance windows come and go by plan, and stand in the log.
 */
function reachOfBypass({ type, details }: SystemEvent): Reach {
  if (type !== 'davylamp.system.bypass-begun' && type !== 'davylamp.system.bypass-ended') return 'all';
  const { kind, approvedBy, from } = details;
  const wasAskedFor = kind === 'shelf' && (approvedBy !== null || from === null);
  return kind === 'outOfService' || wasAskedFor ? 'all' : 'none';
}

/** How far an event goes. A hidden alarm, red or not, is told to nobody; who has heard of it hears that it is hidden. */
export function reachOf(event: OutboundEvent): Reach {
  if ('code' in event) return reachOfBypass(event);
  if (!('alarm' in event) || event.alarm.bypass === null) return 'all';
  const type = event.type.slice('davylamp.alarm.'.length) as AlarmEventType;
  // Who knew of an alarm is forgotten with its end, but its case goes on: nothing hides that any more.
  if (event.alarm.state === 'normal' && OF_CASE.has(type)) return 'all';
  return TOLD.has(type) ? 'told' : 'none';
}
