import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Bypass } from '../../../src/model/bypass.ts';
import type { Device } from '../../../src/model/device.ts';
import { AppError } from '../../../src/model/error.ts';
import { comparedCounts, summaryOf } from '../../../src/report/assessment.ts';
import { assessmentPage } from '../../../src/report/assessment-page.ts';
import { type AssessmentSources, assess } from '../../../src/report/gather.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { buildAssessment, buildFigures } from '../../helpers/figures.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, watchedDevice } from '../../helpers/watched.ts';
import { fakePorts } from '../api/fake-ports.ts';

const HOSTILE = '<script>alert(1)</script>';
const HOUR = 3_600_000;

describe('the page of an assessment', () => {
  test('holds everything in itself, and nothing that was said is markup', () => {
    const bypass = { id: 'byp_1', kind: 'shelf', place: 'wujin-gas', upTo: 'yellow', owner: HOSTILE } as const;
    const more = { approvedBy: null, reason: HOSTILE, from: NOON, until: NOON + HOUR, hidden: 3 };
    const page = assessmentPage(
      buildAssessment({
        hidden: { total: 1, items: [{ ...bypass, ...more }] },
        devices: { total: 2, silent: { total: 60, items: [HOSTILE] }, silentShare: 1 },
        missing: [{ en: HOSTILE, zh: HOSTILE }],
      }),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(?:src|href)=/);
    expect(page).toContain('&#60;script&#62;');
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('and 59 more');
  });

  test('speaks the language of the configuration', () => {
    expect(assessmentPage(buildAssessment({ language: 'zh' }))).toContain('每日滚动研判 2026-11-22');
    expect(assessmentPage(buildAssessment())).toContain('Daily assessment 2026-11-22');
    const page = assessmentPage(buildAssessment({ language: 'zh' }));
    expect(page).toContain('<span class="chip red">红色</span>');
    expect(page).toContain('同时陈旧报警数');
    expect(page).not.toMatch(/>(?:red|orange|yellow|blue|average[^<]*|time in flood)</);
  });
});

test('the counts are held against the day before and the week before', () => {
  const of = (alarms: number, red: number) =>
    buildFigures({ alarms, byTier: { ...buildFigures().byTier, red: { alarms: red, share: 0 } } });
  const counts = comparedCounts(of(12, 0), of(8, 2), of(20, 1));
  expect(counts.all).toEqual({ day: 12, dayBefore: 8, weekBefore: 20, change: 0.5 });
  expect(counts.red).toEqual({ day: 0, dayBefore: 2, weekBefore: 1, change: -1 });
  expect(counts.blue.change).toBeNull();
});

test('the summary says it in two languages', () => {
  const said = summaryOf(buildAssessment({ devices: { total: 9, silent: { total: 4, items: [] }, silentShare: 0.4 } }));
  expect(said.en).toContain('4 of 9 devices silent');
  expect(said.zh).toContain('离线设备4/9台');
});

describe('an assessment', () => {
  const point = { ts: NOON, holds: [], freshAt: NOON, overtakenSince: null };
  const states = new Map([
    ['wujin-gas/near', { value: 2.9, quality: 'good' as const, absent: false }],
    ['wujin-gas/calm', { value: 0.1, quality: 'good' as const, absent: false }],
    ['wujin-gas/bad', { value: null, quality: 'bad' as const, absent: false }],
    ['wujin-gas/gone', { value: 2.9, quality: 'good' as const, absent: true }],
  ]);
  const devices = new Map<string, Device>(
    [...states.keys(), 'wujin-gas/never'].map((key) => [
      key,
      watchedDevice({ id: key.replace('wujin-gas/', ''), limits: [buildLimit('H', 3)] }),
    ]),
  );
  const found = {
    overdue: ['close'],
    openedAt: NOON - 30 * HOUR,
    state: 'disposing',
    tier: 'orange',
    entries: [],
  } as const;
  const more = { supervised: false, reportedAt: null, closedAt: null, verification: null, disposedBy: [] } as const;

  const shelf: Bypass = {
    id: 'byp_1',
    kind: 'shelf',
    scope: {
      alarm: 'wujin-gas/det-001|concentration|high|actual',
      site: 'wujin-gas',
      device: 'det-001',
      profile: 'gas-leak-detector',
      point: 'concentration',
      rule: null,
    },
    upTo: 'orange',
    oneShot: false,
    reason: 'calibration',
    owner: 'Li Wei',
    approvedBy: null,
    origin: { kind: 'person' },
    replacement: null,
    workOrder: null,
    state: 'active',
    requestedAt: NOON,
    from: NOON,
    lengthMs: HOUR,
    until: NOON + HOUR,
    since: {},
    warnedAt: null,
    endedAt: null,
    endedBy: null,
    end: null,
    hidden: 1,
  };

  const sources = (over: Partial<AssessmentSources> = {}): AssessmentSources => ({
    configuration: () => ({ ...fakePorts().ports.configuration, devices }),
    statistics: { ask: async (query) => ({ ...query, all: buildFigures(), calls: [], groups: [] }) },
    ruleState(key) {
      const state = states.get(key);
      if (!state) return null;
      const { value, quality, absent } = state;
      return { state: { seq: 1, seenAt: NOON, absent, points: { p: { ...point, value, quality } }, rules: {} } };
    },
    history: async ({ from }) =>
      Array.from({ length: 24 }, (_, i) => ({ ts: from + i * HOUR, value: 2 + i * 0.04, quality: 'good' as const })),
    register: {
      get: () => buildAlarm(),
      listCases: ({ overdue }) => ({ items: overdue ? [{ alarm: 'alm_1', ...found, ...more }] : [] }),
      listBypasses: () => ({ items: [] }),
      nuisances: () => [],
    },
    log: pino({ level: 'silent' }),
    ...over,
  });
  const made = (over?: Partial<AssessmentSources>) => assess(sources(over), NOON, new AbortController().signal);

  test('finds what is near a limit, moving, silent, bad and overdue', async () => {
    const assessment = await made();
    expect(assessment.nearLimits.items.map(({ device }) => device)).toEqual(['wujin-gas/near']);
    expect(assessment.slopes.items[0]).toMatchObject({ device: 'wujin-gas/near' });
    expect(assessment.devices).toMatchObject({ total: 5, silent: { items: ['wujin-gas/gone', 'wujin-gas/never'] } });
    expect(assessment.quality).toMatchObject({ points: 3, bad: { items: ['wujin-gas/bad p'] } });
    expect(assessment.overdue.items).toMatchObject([{ alarm: 'alm_1', condition: 'p.H', device: 'wujin-gas/cab-001' }]);
    expect(assessment.missing).toEqual([]);
    expect(assessment.date).toBe('2026-11-22');
    expect(JSON.parse(JSON.stringify(assessment))).toEqual(assessment);
  });

  test('lists what is hidden, by names that people know', async () => {
    const asked: unknown[] = [];
    const listBypasses: AssessmentSources['register']['listBypasses'] = (filter) => {
      asked.push(filter.state);
      return { items: [shelf] };
    };
    const assessment = await made({ register: { ...sources().register, listBypasses } });
    expect(asked).toEqual(['active']);
    expect(assessment.hidden.items).toMatchObject([{ place: 'wujin-gas/det-001 concentration', owner: 'Li Wei' }]);
  });

  test('says what is missing when the store does not answer', async () => {
    const assessment = await made({
      history: () => Promise.reject(new AppError('STORE_UNAVAILABLE', 'down')),
    });
    expect(assessment.missing).toHaveLength(1);
    expect(assessment.nearLimits.total).toBe(1);
  });

  test('is given up when it takes too long', async () => {
    const late = AbortSignal.abort(new Error('late'));
    await expect(assess(sources(), NOON, late)).rejects.toThrow('late');
  });
});
