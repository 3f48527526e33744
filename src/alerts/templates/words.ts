import type { AlarmEvent, AlarmEventType, HeldFor, Promised } from '../../model/alarm.ts';
import type { Status } from '../../model/reading.ts';
import type { Text } from '../../model/text.ts';

/** What happened, for people. */
export const EVENT_WORDS: Readonly<Record<AlarmEventType, Text>> = {
  raised: { en: 'alarm', zh: '报警' },
  escalated: { en: 'alarm escalated', zh: '报警升级' },
  deescalated: { en: 'alarm stepped down', zh: '报警降级' },
  returned: { en: 'returned to normal', zh: '恢复正常，待确认' },
  cleared: { en: 'alarm over', zh: '报警解除' },
  acknowledged: { en: 'acknowledged', zh: '报警已确认' },
  realarmed: { en: 'still in alarm', zh: '报警持续，须再次确认' },
  repeated: { en: 'not acknowledged yet', zh: '报警仍未确认' },
  overdue: { en: 'overdue', zh: '报警处置超时' },
  shelved: { en: 'shelved', zh: '报警已搁置' },
  unshelved: { en: 'no longer shelved', zh: '报警搁置结束' },
  suppressed: { en: 'suppressed', zh: '报警已抑制' },
  unsuppressed: { en: 'no longer suppressed', zh: '报警抑制结束' },
  removedFromService: { en: 'out of service', zh: '报警停用' },
  returnedToService: { en: 'back in service', zh: '报警恢复使用' },
  verified: { en: 'verified', zh: '报警已核实' },
  disposed: { en: 'being dealt with', zh: '报警处置中' },
  reported: { en: 'feedback given', zh: '报警已反馈' },
  reviewed: { en: 'reviewed', zh: '报警已复核' },
  supervised: { en: 'under supervision', zh: '报警督办' },
  commented: { en: 'comment', zh: '报警备注' },
  closed: { en: 'case closed', zh: '报警销号' },
  reopened: { en: 'case opened again', zh: '报警重新打开' },
};

/** What asks somebody to do something. */
const CALLS: ReadonlySet<string> = new Set<AlarmEventType>([
  'raised',
  'escalated',
  'realarmed',
  'repeated',
  'overdue',
  'supervised',
  'reopened',
]);

/** What ends a time in which it was hidden: a call where the condition still holds. */
const SHOWN_AGAIN: ReadonlySet<string> = new Set<AlarmEventType>(['unshelved', 'unsuppressed', 'returnedToService']);

/** True where people are to act on an event: then they are told what to do, and called by name. */
export function callsPeople({ type, alarm }: AlarmEvent): boolean {
  const name = type.slice('davylamp.alarm.'.length);
  return CALLS.has(name) || (SHOWN_AGAIN.has(name) && alarm.state === 'unacknowledged');
}

/** Which promise is not kept. */
export const PROMISE_WORDS: Readonly<Record<Promised, Text>> = {
  acknowledge: { en: 'not acknowledged in time', zh: '未按时确认' },
  report: { en: 'no feedback in time', zh: '未按时反馈' },
  close: { en: 'not closed in time', zh: '未按时销号' },
};

/** Why events came together. */
export const HELD_WORDS: Readonly<Record<HeldFor, Text>> = {
  group: { en: 'grouped', zh: '归并' },
  flood: { en: 'alarm flood', zh: '报警泛滥' },
  rate: { en: 'rate limit of the receiver', zh: '接收方限流' },
  nuisance: { en: 'nuisance alarms', zh: '频繁报警' },
};

/** Whoever only reads the message must see that it is not the real thing. */
export const STATUS_MARKS: Readonly<Record<Status, Text>> = {
  actual: { en: '', zh: '' },
  exercise: { en: 'EXERCISE', zh: '演练' },
  test: { en: 'TEST', zh: '测试' },
};

/** Legal warnings are issued by government; this is none and must not look like one. */
export const NOT_A_WARNING: Text = {
  en: 'Internal alarm, not a public warning.',
  zh: '内部报警，非政府预警发布。',
};
