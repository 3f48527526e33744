import { type TSchema, Type } from '@sinclair/typebox';
import { iso, isoOrNull } from '../model/alarm-wire.ts';
import { BYPASS_KINDS } from '../model/bypass.ts';
import { CASE_STATES } from '../model/case.ts';
import { TIERS } from '../model/tier.ts';
import type { Assessment, CaseLine, Listed } from '../report/assessment.ts';
import type { NearLimit } from '../report/near-limit.ts';
import { figuresSchema, figuresWire } from './statistics.ts';
import { named, nullable, words } from './typebox.ts';
import { text, time } from './wire.ts';

const listed = <T extends TSchema>(item: T) =>
  Type.Object({ total: Type.Integer(), items: Type.Array(item) }, { description: 'The first of them, and how many.' });

const compared = Type.Object({
  day: Type.Integer(),
  dayBefore: Type.Integer(),
  weekBefore: Type.Integer(),
  change: Type.Union([Type.Number(), Type.Null()], { description: 'Against the day before; 0.5 = half as many more.' }),
});

const near = {
  device: Type.String(),
  point: Type.String(),
  unit: Type.String(),
  value: Type.Number(),
  ts: time,
  limit: Type.Object({ name: Type.String(), at: Type.Number() }),
  distance: Type.Number(),
  span: Type.Number({ description: 'Between the limits, or limit and end of the range, on both sides of the value.' }),
  share: Type.Number({ description: '1 - distance / span: 1 = at the limit.' }),
};

const caseLine = Type.Object({
  alarm: Type.String(),
  tier: words(TIERS),
  state: words(CASE_STATES),
  openedAt: time,
  overdue: Type.Array(words(['report', 'close'])),
  supervised: Type.Boolean(),
  device: Type.String(),
  condition: Type.String(),
});

export const assessmentSchema = Type.Object(
  {
    date: Type.String(),
    timezone: Type.String(),
    language: words(['en', 'zh']),
    madeAt: time,
    span: Type.Object({ from: time, to: time }),
    configuration: Type.String(),
    counts: Type.Object({ all: compared, blue: compared, yellow: compared, orange: compared, red: compared }),
    figures: named(figuresSchema),
    sites: Type.Array(
      Type.Object({ site: Type.String(), alarms: Type.Integer(), calls: Type.Integer(), red: Type.Integer() }),
    ),
    hourly: Type.Array(Type.Integer(), { description: 'Calls by hour of the span.' }),
    nearLimits: listed(Type.Object(near)),
    slopes: listed(
      Type.Object({
        ...near,
        perHour: Type.Number(),
        spanPerDay: Type.Number(),
        reachesInMs: Type.Number(),
        hours: Type.Integer(),
      }),
    ),
    devices: Type.Object({ total: Type.Integer(), silent: listed(Type.String()), silentShare: Type.Number() }),
    quality: Type.Object({ points: Type.Integer(), bad: listed(Type.String()), badShare: Type.Number() }),
    openCases: Type.Integer(),
    overdue: listed(caseLine),
    supervised: listed(caseLine),
    hidden: listed(
      Type.Object({
        id: Type.String(),
        kind: words(BYPASS_KINDS),
        place: Type.String(),
        upTo: words(TIERS),
        owner: Type.String(),
        approvedBy: nullable(Type.String()),
        reason: Type.String(),
        from: nullable(time),
        until: nullable(time),
        hidden: Type.Integer(),
      }),
    ),
    nuisances: listed(
      Type.Object({
        key: Type.String(),
        site: Type.String(),
        device: Type.String(),
        condition: Type.String(),
        nuisance: words(['chattering', 'fleeting']),
        tuning: nullable(Type.Object({ onDelayMs: nullable(Type.Number()), offDelayMs: nullable(Type.Number()) })),
      }),
    ),
    missing: Type.Array(text, { description: 'What could not be found out.' }),
  },
  { $id: 'Assessment', description: 'Daily rolling assessment (每日滚动研判).' },
);

/** An assessment as the API tells it: times in ISO 8601. */
export function assessmentWire(assessment: Assessment) {
  const { span, madeAt, figures, nearLimits, slopes, overdue, supervised, hidden } = assessment;
  return {
    ...assessment,
    madeAt: iso(madeAt),
    span: { from: iso(span.from), to: iso(span.to) },
    figures: figuresWire(figures),
    nearLimits: each(nearLimits, sampled),
    slopes: each(slopes, sampled),
    overdue: each(overdue, opened),
    supervised: each(supervised, opened),
    hidden: each(hidden, (line) => ({ ...line, from: isoOrNull(line.from), until: isoOrNull(line.until) })),
  };
}

function each<T, W>({ total, items }: Listed<T>, wire: (item: T) => W) {
  return { total, items: items.map(wire) };
}

function sampled<T extends NearLimit>(point: T) {
  return { ...point, ts: iso(point.ts) };
}

function opened(line: CaseLine) {
  return { ...line, openedAt: iso(line.openedAt) };
}
