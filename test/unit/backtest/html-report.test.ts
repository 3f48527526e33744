import { expect, test } from 'vitest';
import { htmlReport } from '../../../src/backtest/html-report.ts';
import { makeReport } from '../../../src/backtest/report.ts';
import type { Series } from '../../../src/backtest/series.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, watchedDevice } from '../../helpers/watched.ts';
import { alarmAt } from './past.ts';

const EVIL = `<img src=x onerror="alert('1')">&`;
const span = { from: NOON, to: NOON + 3_600_000 };

test('whatever a name holds, the page shows it as text', () => {
  const alarm = alarmAt(10, 20, { device: EVIL, condition: EVIL, unit: EVIL, profile: EVIL, key: EVIL });
  const judged = { span, readings: 1, values: 1, alarms: [alarm], unheard: [EVIL], unknown: [EVIL], late: 0 };
  const report = makeReport({
    configuration: { directory: EVIL, version: '1' },
    source: EVIL,
    timezone: 'Asia/Shanghai',
    operators: 1,
    arrival: 'source',
    fromTable: false,
    points: null,
    judged,
    span,
    deviceCount: 2,
    change: { name: EVIL, judged: { ...judged, alarms: [] } },
  });
  const device = watchedDevice({ limits: [buildLimit('H', 6)] });
  const [point] = device.points;
  if (!point) throw new Error('no point');
  const series: Series = {
    device: { ...device, key: EVIL },
    point: { ...point, unit: EVIL },
    span,
    min: Float64Array.of(1, Number.NaN, 3),
    max: Float64Array.of(2, Number.NaN, 3),
  };
  const page = htmlReport(report, [{ key: EVIL, condition: EVIL, series }]);
  expect(page).not.toContain('<img');
  expect(page).toContain('&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;&#38;');
  expect(page).not.toContain('NaN');
});
