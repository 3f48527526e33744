import { type AlarmFigures, figuresOf } from '../../src/alerts/statistics/figures.ts';
import type { Assessment } from '../../src/report/assessment.ts';
import { NOON } from './readings.ts';
import { buildTerms } from './terms.ts';

const DAY = 86_400_000;

/** The figures of a day in which nothing happened. */
export function buildFigures(parts: Partial<AlarmFigures> = {}): AlarmFigures {
  const span = { from: NOON - DAY, to: NOON };
  const nothing = { buckets: [], actors: [], stale: [], watches: [] };
  return { ...figuresOf(nothing, { span, operators: 1, promises: buildTerms().tiers }), ...parts };
}

/** An assessment of a day in which nothing happened. */
export function buildAssessment(parts: Partial<Assessment> = {}): Assessment {
  const compared = { day: 0, dayBefore: 0, weekBefore: 0, change: null };
  const none = { total: 0, items: [] };
  return {
    date: '2026-11-22',
    timezone: 'Asia/Shanghai',
    language: 'en',
    madeAt: NOON,
    span: { from: NOON - DAY, to: NOON },
    configuration: 'c0ffee',
    counts: { all: compared, blue: compared, yellow: compared, orange: compared, red: compared },
    figures: buildFigures(),
    sites: [],
    hourly: new Array<number>(24).fill(0),
    nearLimits: none,
    slopes: none,
    devices: { total: 2, silent: none, silentShare: 0 },
    quality: { points: 4, bad: none, badShare: 0 },
    openCases: 0,
    overdue: none,
    supervised: none,
    hidden: none,
    nuisances: none,
    missing: [],
    ...parts,
  };
}
