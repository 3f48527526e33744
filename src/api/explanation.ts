import { Type } from '@sinclair/typebox';
import type { ExplainedCondition, Explanation, Input, Member, Slope } from '../explain/explanation.ts';
import { BALLOTS, MEMBER_STATES, REASONS } from '../explain/explanation.ts';
import { alarmWire, iso, isoOrNull } from '../model/alarm-wire.ts';
import { TIERS } from '../model/tier.ts';
import { named, nullable, words } from './typebox.ts';
import { alarmSchema, quality, text, time, value } from './wire.ts';

const PHASES = ['inactive', 'pendingOn', 'active', 'pendingOff'] as const;
const VERDICTS = ['tripped', 'cleared', 'between', 'unknown', 'delayOver'] as const;
const NOTES = [
  'rulesChanged',
  'cut',
  'storeUnavailable',
  'behind',
  'memoryBeyond',
  'differs',
  'foldedSilence',
  'suppressed',
] as const;

const ts = Type.Number({ description: 'Source time, epoch milliseconds.' });

const origin = Type.Object(
  {
    kind: words(['profile', 'device'], { description: '`device`: this device differs from its profile.' }),
    profile: Type.String(),
    profileVersion: Type.String(),
    profileAt: Type.Union([Type.Number(), Type.Null()], { description: 'As the profile writes it.' }),
    source: nullable(Type.String()),
    change: Type.Union([Type.String(), Type.Null()], { description: 'Reference of the approved change.' }),
    expires: nullable(Type.String()),
  },
  { description: 'Where the set point was decided.' },
);

const limit = Type.Object({
  name: Type.String({ description: 'LL, L, H or HH, or the step of a rule; empty where it has one.' }),
  at: Type.Number({ description: 'Set point in force, in the unit of the condition; of a fall, a negative change.' }),
  sense: words(['above', 'below']),
  deadband: Type.Number(),
  onDelayMs: Type.Number(),
  offDelayMs: Type.Number(),
  tier: words(TIERS),
  latch: Type.Boolean(),
});

const slope = Type.Object(
  {
    from: time,
    to: time,
    n: Type.Integer(),
    minSamples: Type.Integer(),
    overMs: Type.Number(),
    widestGapMs: Type.Number(),
    maxGapMs: nullable(Type.Number()),
    perMinute: Type.Union([Type.Number(), Type.Null()], {
      description: 'Change per minute by least squares, in the unit of the point.',
    }),
    significance: Type.Union([Type.Number(), Type.Null()], {
      description: 'Standard errors between the slope and zero; null = no line, or one without noise.',
    }),
    neededSignificance: Type.Number(),
  },
  { description: 'The line through the samples of the window.' },
);

const condition = Type.Object({
  condition: Type.String({ examples: ['outletPressure.HH'] }),
  point: nullable(Type.String()),
  rule: nullable(Type.String()),
  kind: Type.String({ description: '`limit`, `absent`, `clock`, or the kind of the rule.' }),
  reason: words(REASONS),
  text,
  phase: words(PHASES),
  since: nullable(time),
  dueAt: Type.Union([Type.String(), Type.Null()], { description: 'When the running delay ends, ISO 8601.' }),
  value,
  quality,
  sampleAt: nullable(time),
  measured: Type.Union([Type.Number(), Type.Null()], {
    description:
      'What was compared with the set point, a fall as a negative change; null = nothing could be said: too few samples, or an input without a value.',
  }),
  unit: Type.Union([Type.String(), Type.Null()], { description: 'null = the rule answers yes (1) or no (0).' }),
  limit: Type.Union([limit, Type.Null()], { description: 'null = switched off for this device.' }),
  origin,
  window: nullable(slope),
  expression: Type.Union(
    [
      Type.Object({
        when: Type.Optional(Type.String()),
        until: Type.Optional(Type.String()),
        measure: Type.Optional(Type.String()),
      }),
      Type.Null(),
    ],
    { description: 'What the rule works out, as it is written; null = the rule is no expression.' },
  ),
  inputs: Type.Array(
    Type.Object({ point: Type.String(), unit: Type.String(), value, quality, sampleAt: nullable(time) }),
    { description: 'The points that the rule reads, with their newest samples.' },
  ),
});

const member = Type.Object({
  device: Type.String(),
  point: Type.Union([Type.String(), Type.Null()], { description: 'null = the device as a whole.' }),
  unit: Type.String(),
  value,
  quality: nullable(quality),
  at: Type.Union([Type.String(), Type.Null()], {
    description: 'Source time of the newest sample; of a device as a whole, when it was last heard. ISO 8601.',
  }),
  state: words(MEMBER_STATES, { description: '`alarm`: of its own limits and rules.' }),
  vote: Type.Union([words(BALLOTS), Type.Null()], {
    description:
      'What it does in the vote; `mayHold`: no longer beyond the limit, and may still count within its deadband or the window. null = no vote on a limit.',
  }),
});

const evaluation = Type.Object({
  condition: Type.String(),
  ts,
  at: Type.Number({ description: 'Engine time, epoch milliseconds.' }),
  value,
  quality,
  measured: nullable(Type.Number()),
  limit: nullable(Type.Number()),
  verdict: words(VERDICTS),
  before: words(PHASES),
  after: words(PHASES),
  dueTs: nullable(Type.Number()),
});

const series = Type.Object({
  point: Type.String(),
  unit: Type.String(),
  items: Type.Array(
    Type.Object({
      ts,
      receivedAt: Type.Number(),
      value,
      quality,
      status: words(['actual', 'exercise', 'test']),
      historical: Type.Boolean({ description: 'Recorded only, not judged.' }),
      stored: Type.Boolean({ description: 'false = the rules have it, the store does not.' }),
    }),
  ),
});

export const explanationSchema = Type.Object(
  {
    device: Type.String({ examples: ['wujin-gas/cab-001'] }),
    status: words(['actual', 'exercise', 'test']),
    asOf: Type.Object(
      {
        at: time,
        basis: words(['live', 'replay', 'alarm'], {
          description:
            '`live`: the state of the running rules; `replay`: what the rules in force make of the stored readings; `alarm`: the alarm alone.',
        }),
        journalSeq: Type.Union([Type.Integer(), Type.Null()], {
          description: 'The last journal record that the running rules have judged of this device.',
        }),
      },
      { description: 'The moment that is explained. Without `at` everything acknowledged and judged counts.' },
    ),
    reason: words(REASONS),
    answer: text,
    conditions: Type.Array(condition),
    samples: Type.Array(series, { description: 'The newest of each point, oldest first.' }),
    evaluations: Type.Array(evaluation, { description: 'The last judgements, oldest first.' }),
    span: Type.Union(
      [Type.Object({ from: time, to: time, readings: Type.Integer(), cut: Type.Boolean() }), Type.Null()],
      { description: 'Stored readings that were judged again; null = the store was not asked.' },
    ),
    alarm: nullable(named(alarmSchema)),
    openAlarms: Type.Array(
      Type.Object({ id: Type.String(), condition: Type.String(), state: Type.String(), tier: words(TIERS) }),
    ),
    ruleVersion: Type.Object({
      current: nullable(Type.String()),
      alarm: Type.Union([Type.String(), Type.Null()], { description: 'The one the alarm was last judged by.' }),
    }),
    members: Type.Array(member, { description: 'What is judged together, as it stands now, for an alarm of several.' }),
    notes: Type.Array(Type.Object({ code: words(NOTES), text })),
    trace: Type.Union([Type.String(), Type.Null()], { description: 'Path of the events and deliveries of the alarm.' }),
  },
  { $id: 'Explanation', description: 'Why there is an alarm, or none.' },
);

/** An explanation as the API tells it. */
export function explanationWire(told: Explanation) {
  const { alarm, span } = told;
  return {
    device: told.deviceKey,
    status: told.status,
    asOf: { at: iso(told.at), basis: told.basis, journalSeq: told.journalSeq },
    reason: told.reason,
    answer: told.answer,
    conditions: told.conditions.map(conditionWire),
    samples: told.series.map(({ point, samples }) => ({ point: point.id, unit: point.unit, items: samples })),
    evaluations: told.evaluations.map(({ device: _, ...evaluated }) => evaluated),
    span: span && { ...span, from: iso(span.from), to: iso(span.to) },
    alarm: alarm && alarmWire(alarm),
    openAlarms: told.openAlarms.map(({ id, condition: name, state, tier }) => ({ id, condition: name, state, tier })),
    ruleVersion: { current: told.ruleVersion, alarm: alarm?.ruleVersion ?? null },
    members: told.members.map(memberWire),
    notes: told.notes,
    trace: alarm && `/api/v1/alarms/${alarm.id}/trace`,
  };
}

function conditionWire({
  watched,
  since,
  dueAt,
  ts: sampleAt,
  window,
  inputs,
  expression,
  ...told
}: ExplainedCondition) {
  const { condition: name, point, rule, level, unit, origin: decided } = watched;
  const { reason, text: sentence, phase, value: seen, quality: grade, measured } = told;
  return {
    condition: name,
    point: point?.id ?? null,
    rule: rule?.id ?? null,
    kind: rule?.spec.kind ?? (point ? 'limit' : name),
    reason,
    text: sentence,
    phase,
    since: isoOrNull(since),
    dueAt: isoOrNull(dueAt),
    value: seen,
    quality: grade,
    sampleAt: isoOrNull(sampleAt),
    measured,
    unit,
    limit: level && limitOf(level),
    origin: decided,
    window: window && slopeWire(window),
    expression,
    inputs: inputs.map(inputWire),
  };
}

function inputWire({ point, value: seen, quality: grade, ts: sampleAt }: Input) {
  return { point: point.id, unit: point.unit, value: seen, quality: grade, sampleAt: isoOrNull(sampleAt) };
}

function memberWire({ ts: at, ...told }: Member) {
  return { ...told, at: isoOrNull(at) };
}

function limitOf({ rank: _, ...level }: NonNullable<ExplainedCondition['watched']['level']>) {
  return level;
}

function slopeWire({ from, to, ...slopeOf }: Slope) {
  return { from: iso(from), to: iso(to), ...slopeOf };
}
