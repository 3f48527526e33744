import type { Alarm, AlarmEventType } from '../model/alarm.ts';
import type { Case, CaseAction, CaseEntry, Verification } from '../model/case.ts';
import { samePerson } from '../model/person.ts';
import { tierRank } from '../model/tier.ts';
import type { CaseEventType } from './machine/step.ts';

/** Entries that a case keeps; older ones stand in the event log. */
const MOST_ENTRIES = 1_000;
const MOST_LINKS = 20;
const LONGEST_LINK = 2_048;

/** Why a case does not allow what was asked. */
export const CASE_REFUSALS = {
  CASE_NOT_VERIFIED: 'nobody has verified the alarm yet: say what was found (verify) first',
  CASE_NOT_DISPOSED: 'the alarm is real: say what was done about it (dispose) first',
  CASE_NOT_REPORTED: 'there is no report yet: report first',
  CASE_REPORTED: 'it is reported already: send it back (review, accepted: false) to change what was found',
  CASE_CLOSED: 'the case is closed: reopen it first',
  CASE_NOT_CLOSED: 'only a closed case is reopened',
  CASE_ALARM_ACTIVE: 'the condition still holds: close the case when it is over',
  CASE_CLOSER_DISPOSED: 'who disposed of a red or orange alarm does not close its case: let somebody else look at it',
  CASE_SUPERVISION_UNCHANGED: 'the case has this mark already',
  CASE_EVIDENCE_INVALID: `evidence is up to ${MOST_LINKS} https links of up to ${LONGEST_LINK} characters`,
} as const;

export type CaseRefusal = keyof typeof CASE_REFUSALS;

/** A case after an action, with the event that tells of it; or why there is none. */
export type CaseStep =
  | { readonly kind: 'step'; readonly case: Case; readonly type: CaseEventType }
  | { readonly kind: 'refused'; readonly code: CaseRefusal };

/** The case of an alarm of which people are told at `at` (接警). */
export function openCase(alarm: Pick<Alarm, 'id' | 'tier'>, at: number): Case {
  return {
    alarm: alarm.id,
    state: 'open',
    openedAt: at,
    verification: null,
    disposedBy: [],
    supervised: false,
    tier: alarm.tier,
    overdue: [],
    reportedAt: null,
    closedAt: null,
    entries: [],
  };
}

/**
 * The closed loop 接警 → 核实 → 处置 → 反馈 → 销号: what an action makes of a case. `holds`: the condition of the alarm is
 * still in force. The end of the alarm never ends its case.
 */
export function act(before: Case, entry: CaseEntry, holds: boolean): CaseStep {
  if (!entry.evidence.every(isLink) || entry.evidence.length > MOST_LINKS) return refused('CASE_EVIDENCE_INVALID');
  const outcome = changeOf(before, entry, holds);
  if (typeof outcome === 'string') return refused(outcome);
  const entries = [...before.entries.slice(1 - MOST_ENTRIES), entry];
  return { kind: 'step', case: { ...before, ...outcome, entries }, type: EVENT_OF[entry.action.kind] };
}

/** The case after a promise was not kept; an overdue end is watched over from above (督办). */
export function miss(before: Case, promise: 'report' | 'close'): Case {
  return { ...before, overdue: [...before.overdue, promise] };
}

const EVENT_OF: Readonly<Record<CaseAction['kind'], CaseEventType & AlarmEventType>> = {
  verify: 'verified',
  dispose: 'disposed',
  report: 'reported',
  review: 'reviewed',
  supervise: 'supervised',
  comment: 'commented',
  close: 'closed',
  reopen: 'reopened',
};

function changeOf(before: Case, { action, by, at }: CaseEntry, holds: boolean): Partial<Case> | CaseRefusal {
  const { state } = before;
  if (action.kind === 'comment') return {};
  if (action.kind === 'reopen') {
    // Its promises count from now on.
    const anew = { openedAt: at, reportedAt: null, overdue: [] };
    return state === 'closed' ? { ...anew, state: 'open', verification: null, closedAt: null } : 'CASE_NOT_CLOSED';
  }
  if (state === 'closed') return 'CASE_CLOSED';
  switch (action.kind) {
    case 'verify':
      return state === 'reported' ? 'CASE_REPORTED' : { state: 'verifying', verification: action.result };
    case 'dispose':
      return state === 'open' ? 'CASE_NOT_VERIFIED' : { state: 'disposing', disposedBy: withPerson(before, by) };
    case 'report':
      return mayReport(before) ?? { state: 'reported', reportedAt: before.reportedAt ?? at };
    case 'review':
      if (state !== 'reported') return 'CASE_NOT_REPORTED';
      return action.accepted ? {} : { state: needsDisposal(before.verification) ? 'disposing' : 'verifying' };
    case 'supervise':
      return action.on === before.supervised ? 'CASE_SUPERVISION_UNCHANGED' : { supervised: action.on };
    case 'close':
      return mayClose(before, by, holds) ?? { state: 'closed', closedAt: at };
  }
}

function mayReport({ state, verification }: Case): CaseRefusal | null {
  if (state === 'open') return 'CASE_NOT_VERIFIED';
  return state === 'verifying' && needsDisposal(verification) ? 'CASE_NOT_DISPOSED' : null;
}

function mayClose(before: Case, by: string, holds: boolean): CaseRefusal | null {
  const { state, verification, tier, disposedBy } = before;
  if (state === 'open') return 'CASE_NOT_VERIFIED';
  if (state === 'verifying' && needsDisposal(verification)) return 'CASE_NOT_DISPOSED';
  if (state === 'disposing') return 'CASE_NOT_REPORTED';
  if (holds) return 'CASE_ALARM_ACTIVE';
  const isUrgent = tierRank(tier) >= tierRank('orange');
  return isUrgent && disposedBy.some((person) => samePerson(person, by)) ? 'CASE_CLOSER_DISPOSED' : null;
}

/** Only what turned out to be no danger goes without a disposal. */
function needsDisposal(verification: Verification | null): boolean {
  return verification === null || verification === 'real';
}

function withPerson({ disposedBy }: Case, by: string): readonly string[] {
  return disposedBy.some((person) => samePerson(person, by)) ? disposedBy : [...disposedBy, by];
}

function isLink(link: string): boolean {
  return link.length <= LONGEST_LINK && /^https:\/\/\S+$/i.test(link) && URL.canParse(link);
}

function refused(code: CaseRefusal): CaseStep {
  return { kind: 'refused', code };
}
