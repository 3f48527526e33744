import { type Static, Type } from '@sinclair/typebox';
import { iso, isoOrNull } from '../model/alarm-wire.ts';
import { CASE_STATES, type Case, type CaseAction, VERIFICATIONS } from '../model/case.ts';
import { TIERS } from '../model/tier.ts';
import { nullable, words } from './typebox.ts';

const time = Type.String({ description: 'ISO 8601, UTC.' });
const closed = { additionalProperties: false } as const;
const told = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', description });

const verify = Type.Literal('verify', { description: '核实: what was found.' });
const result = words(VERIFICATIONS);
const method = nullable(told(200, 'As by telephone, by video, on site.'));
const report = Type.Literal('report', { description: '反馈.' });
const reportedTo = nullable(told(200, 'Who was told of it.'));
const close = Type.Literal('close', { description: '销号.' });
const cause = told(500, 'What it was.');
const tuning = Type.Boolean({ description: 'The rule should be tuned.' });

const PLAIN_ACTIONS = [
  Type.Object(
    { kind: Type.Literal('dispose', { description: '处置.' }), measures: told(2000, 'What was done.') },
    closed,
  ),
  Type.Object(
    { kind: Type.Literal('review', { description: '复核: false sends it back.' }), accepted: Type.Boolean() },
    closed,
  ),
  Type.Object({ kind: Type.Literal('supervise', { description: '督办.' }), on: Type.Boolean() }, closed),
  Type.Object({ kind: Type.Literal('comment') }, closed),
  Type.Object({ kind: Type.Literal('reopen') }, closed),
] as const;

/** A step of the closed loop 接警 → 核实 → 处置 → 反馈 → 销号. */
export const caseActionSchema = Type.Union(
  [
    Type.Object({ kind: verify, result, method }, closed),
    Type.Object({ kind: report, to: reportedTo }, closed),
    Type.Object({ kind: close, cause, tuning }, closed),
    ...PLAIN_ACTIONS,
  ],
  { description: 'What a person did about a case.' },
);

const stepUnion = Type.Union([
  Type.Object({ kind: verify, result, method: Type.Optional(method) }, closed),
  Type.Object({ kind: report, to: Type.Optional(reportedTo) }, closed),
  Type.Object({ kind: close, cause, tuning: Type.Optional(tuning) }, closed),
  ...PLAIN_ACTIONS,
]);

/** The same as it is asked for: what nobody said may be left out. A fault is told of the `kind` that was meant only. */
export const caseStepSchema = Type.Unsafe<Static<typeof stepUnion>>({
  type: 'object',
  oneOf: stepUnion.anyOf,
  discriminator: { propertyName: 'kind' },
  description: 'What to do about a case.',
});

/** What was asked for, with nothing left out. */
export function caseAction(asked: Static<typeof caseStepSchema>): CaseAction {
  switch (asked.kind) {
    case 'verify':
      return { ...asked, method: asked.method ?? null };
    case 'report':
      return { ...asked, to: asked.to ?? null };
    case 'close':
      return { ...asked, tuning: asked.tuning ?? false };
    case 'dispose':
    case 'review':
    case 'supervise':
    case 'comment':
    case 'reopen':
      return asked;
  }
}

/** One line of a case. */
export const caseEntrySchema = Type.Object({
  at: time,
  by: Type.String(),
  action: caseActionSchema,
  comment: nullable(Type.String()),
  evidence: Type.Array(Type.String()),
});

export const caseSchema = Type.Object(
  {
    alarm: Type.String({ description: 'Id of its alarm.' }),
    state: words(CASE_STATES),
    openedAt: time,
    verification: nullable(words(VERIFICATIONS)),
    disposedBy: Type.Array(Type.String(), { description: 'They do not close it where the tier is red or orange.' }),
    supervised: Type.Boolean({ description: 'Watched over from above (督办).' }),
    tier: words(TIERS, { description: 'Most urgent one that the alarm ever had: its promises hold.' }),
    overdue: Type.Array(words(['report', 'close']), { description: 'Promises that were not kept.' }),
    reportedAt: nullable(time),
    closedAt: nullable(time),
    entries: Type.Array(caseEntrySchema, { description: 'Oldest first; the last thousand.' }),
  },
  { $id: 'Case', description: 'The case of one alarm, which returning to normal does not close.' },
);

/** A case as the API tells it. */
export function caseWire(found: Case) {
  return {
    ...found,
    openedAt: iso(found.openedAt),
    reportedAt: isoOrNull(found.reportedAt),
    closedAt: isoOrNull(found.closedAt),
    entries: found.entries.map((entry) => ({ ...entry, at: iso(entry.at) })),
  };
}
