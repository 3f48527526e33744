import { TIERS } from '../model/tier.ts';
import { escapeText, htmlPage, tableSection, tile } from '../report/page.ts';
import { numberText, shareText } from '../report/wording.ts';
import { type Lane, ratePlot, valuePlot } from './plot.ts';
import type { BacktestReport } from './report.ts';
import type { Series } from './series.ts';
import { reportParts } from './tables.ts';

/** Rows of a list of alarms: a browser shows more only slowly. */
const MOST = 2_000;
/** EEMUA 191: average for one operator. */
const TARGET_PER_HOUR = 5;

/** A series of values and the alarm that it is shown for. */
export interface PlottedAlarm {
  readonly key: string;
  /** Its conditions, for people. */
  readonly condition: string;
  readonly series: Series;
}

/** A report as one HTML page that needs nothing else. */
export function htmlReport(report: BacktestReport, plots: readonly PlottedAlarm[]): string {
  const { title, facts, tables } = reportParts(report, MOST);
  const shown = report.change?.result ?? report.result;
  const calls = shown.alarms.flatMap((alarm) => alarm.calls);
  const target = TARGET_PER_HOUR * shown.load.operators;
  const body = `<header>
<h1>${escapeText(title)}</h1>
<ul class="facts">${facts.map((fact) => `<li>${escapeText(fact)}</li>`).join('')}</ul>
</header>
<section class="tiles">${tiles(report)}</section>
<section>
<h2>Calls over time${report.change ? ', after the change' : ''}</h2>
${ratePlot(calls, report.span, target, report.timezone)}
</section>
<section>
<h2>Most frequent alarms over time</h2>
<p class="legend">${TIERS.map((tier) => `<span class="chip ${tier}">${tier}</span>`).join(' ')} below the values: when the alarm was in force</p>
${plots.map((plot) => valuePlot(plot.series, plot.condition, lanesOf(report, plot.key), report.timezone)).join('\n')}
${plots.length === 0 ? '<p>None of them belongs to a point with numbers.</p>' : ''}
</section>
${tables.map((table) => tableSection(table)).join('\n')}`;
  return htmlPage(title, 'en', body);
}

function lanesOf({ result, change }: BacktestReport, key: string): Lane[] {
  const own = { name: change ? 'before' : 'alarm', alarms: result.alarms.filter((alarm) => alarm.key === key) };
  if (!change) return [own];
  return [own, { name: 'after', alarms: change.result.alarms.filter((alarm) => alarm.key === key) }];
}

function tiles({ result, change }: BacktestReport): string {
  const figures = [result, ...(change ? [change.result] : [])];
  return [
    tile(
      'alarms',
      figures.map(({ alarms }) => numberText(alarms.length)),
    ),
    tile(
      'calls per operator hour',
      figures.map(({ load }) => numberText(Number(load.perHour.toFixed(3)))),
    ),
    tile(
      'busiest 10 minutes',
      figures.map(({ load }) => numberText(load.peakTenMinutes)),
    ),
    tile(
      'time in flood',
      figures.map(({ load }) => shareText(load.floodShare)),
    ),
    tile(
      'chattering',
      figures.map(({ load }) => numberText(load.chattering.length)),
    ),
    tile(
      'stale',
      figures.map(({ load }) => numberText(load.stale)),
    ),
  ].join('');
}
