import { afterAll, describe, expect, test } from 'vitest';
import { plannedRun } from '../../../src/alerts/drill.ts';
import type { Assessment } from '../../../src/report/assessment.ts';
import { buildAssessment, buildFigures } from '../../helpers/figures.ts';
import { NOON } from '../../helpers/readings.ts';
import { openApi } from './api-client.ts';
import { fakePorts } from './fake-ports.ts';

const asked: object[] = [];
const drill = {
  id: 'monthly',
  schedule: '0 9 1 * *',
  device: 'wujin-gas/cab-001',
  values: { p: 5 },
  back: { p: 1 },
  expect: 'p.H',
  raisedWithinMs: 1,
  receivers: [],
  deliveredWithinMs: 1,
  acknowledgedWithinMs: null,
  failTo: ['cc'],
};
const near = { device: 'wujin-gas/cab-001', point: 'p', unit: 'kPa', value: 2.9, ts: NOON, distance: 0.1, span: 3 };
const ahead = { ...near, limit: { name: 'H', at: 3 }, share: 0.97 };
const SOME: Partial<Assessment> = {
  nearLimits: { total: 1, items: [ahead] },
  slopes: { total: 1, items: [{ ...ahead, perHour: 0.1, spanPerDay: 0.8, reachesInMs: 3_600_000, hours: 24 }] },
  overdue: {
    total: 1,
    items: [
      {
        alarm: 'alm_1',
        tier: 'red',
        state: 'open',
        openedAt: NOON,
        overdue: ['report'],
        supervised: true,
        device: 'wujin-gas/cab-001',
        condition: 'p.H',
      },
    ],
  },
  nuisances: {
    total: 1,
    items: [
      {
        key: 'k',
        site: 'wujin-gas',
        device: 'cab-001',
        condition: 'p.H',
        nuisance: 'fleeting',
        tuning: { onDelayMs: 4000, offDelayMs: null },
      },
    ],
  },
};
const api = openApi(
  fakePorts({
    statistics: {
      async ask(query) {
        asked.push(query);
        const all = buildFigures({ floods: [{ from: NOON, to: NOON + 1 }] });
        return { ...query, all, calls: [], groups: query.by === null ? [] : [{ name: 'wujin-gas', figures: all }] };
      },
    },
    reports: {
      list: () => [{ date: '2026-11-22', madeAt: NOON }],
      get: (date) => (date === '2026-11-22' ? buildAssessment(SOME) : null),
      page: ({ date }) => `<!doctype html><title>${date}</title>`,
    },
    drills: {
      list: () => ({ items: [{ ...plannedRun('drill_1', drill, NOON, NOON), delivered: { cc: NOON } }], next: null }),
    },
  }),
);
afterAll(() => api.server.stop());

describe('statistics', () => {
  test('are those of the last day for one operator, unless something else is asked', async () => {
    const { status, body } = await api.call('GET', '/api/v1/statistics');
    expect(status).toBe(200);
    expect(body).toMatchObject({ operators: 1, by: null, groups: [], all: { alarms: 0 } });
    const [query] = asked as { from: number; to: number }[];
    expect((query?.to ?? 0) - (query?.from ?? 0)).toBe(86_400_000);
  });

  test('times are ISO 8601, targets have their source', async () => {
    const { body } = await api.call('GET', '/api/v1/statistics?by=site&operators=3');
    const { all, groups } = body as { all: { floods: object[]; targets: object[] }; groups: object[] };
    expect(all.floods).toEqual([{ from: new Date(NOON).toISOString(), to: new Date(NOON + 1).toISOString() }]);
    expect(all.targets[0]).toMatchObject({ source: 'EEMUA 191, as quoted', verified: true });
    expect(groups).toMatchObject([{ name: 'wujin-gas' }]);
    expect(asked.at(-1)).toMatchObject({ by: 'site', operators: 3 });
  });

  test.each([
    ['from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z', 'STATISTICS_RANGE_INVALID'],
    ['from=1000', 'STATISTICS_RANGE_INVALID'],
    ['from=yesterday', 'TIME_INVALID'],
    ['by=colour', 'REQUEST_INVALID'],
  ])('%s is refused', async (query, code) => {
    const { status, body } = await api.call('GET', `/api/v1/statistics?${query}`);
    expect([status, body]).toMatchObject([400, { code }]);
  });
});

describe('daily reports', () => {
  test('are listed, as JSON and as a page that may load nothing', async () => {
    expect((await api.call('GET', '/api/v1/reports/daily')).body).toMatchObject({ items: [{ date: '2026-11-22' }] });
    expect((await api.call('GET', '/api/v1/reports/daily/2026-11-22')).body).toMatchObject({
      madeAt: new Date(NOON).toISOString(),
    });
    const page = await api.call('GET', '/api/v1/reports/daily/2026-11-22.html');
    expect(page.text).toBe('<!doctype html><title>2026-11-22</title>');
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  test.each(['', '.html'])('one that is not kept is refused: %s', async (suffix) => {
    const { status, body } = await api.call('GET', `/api/v1/reports/daily/2026-01-01${suffix}`);
    expect([status, body]).toMatchObject([404, { code: 'REPORT_UNKNOWN' }]);
  });
});

test('drills say how far they came', async () => {
  const { body } = await api.call('GET', '/api/v1/drills?drill=monthly');
  expect(body).toMatchObject({
    items: [{ drill: 'monthly', result: 'running', phase: 'waiting', delivered: { cc: new Date(NOON).toISOString() } }],
    next: null,
  });
});
