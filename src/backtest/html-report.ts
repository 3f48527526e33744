import { TIERS } from '../model/tier.ts';
import { escapeText, type Lane, ratePlot, valuePlot } from './plot.ts';
import type { BacktestReport } from './report.ts';
import type { Series } from './series.ts';
import { reportParts, type Table } from './tables.ts';
import { numberText, shareText } from './wording.ts';

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
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
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
${tables.map(section).join('\n')}
</body>
</html>
`;
}

function lanesOf({ result, change }: BacktestReport, key: string): Lane[] {
  const own = { name: change ? 'before' : 'alarm', alarms: result.alarms.filter((alarm) => alarm.key === key) };
  if (!change) return [own];
  return [own, { name: 'after', alarms: change.result.alarms.filter((alarm) => alarm.key === key) }];
}

function tiles({ result, change }: BacktestReport): string {
  const figures = [result, ...(change ? [change.result] : [])];
  const tile = (name: string, values: readonly string[]) =>
    `<div class="tile"><span>${escapeText(name)}</span><strong>${values.map(escapeText).join(' → ')}</strong></div>`;
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

function section({ title, head, rows, right, more, tierColumn }: Table): string {
  const cell = (tag: 'td' | 'th') => (text: string, i: number) => {
    const tier = tag === 'td' && i === tierColumn ? TIERS.find((one) => one === text) : undefined;
    const content = tier ? `<span class="chip ${tier}">${tier}</span>` : escapeText(text);
    return `<${tag}${right.includes(i) ? ' class="right"' : ''}>${content}</${tag}>`;
  };
  const body = rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n');
  const rest = more > 0 ? `<p>and ${numberText(more)} more: the JSON report has them</p>` : '';
  if (rows.length === 0) return `<section><h2>${escapeText(title)}</h2><p>None.</p></section>`;
  return `<section><h2>${escapeText(title)}</h2><div class="scroll"><table>
<thead><tr>${head.map(cell('th')).join('')}</tr></thead>
<tbody>
${body}
</tbody></table></div>${rest}</section>`;
}

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1d2330; --soft: #667085; --line: #dfe3ea;
  --values: #3b6fb6; --limit: #b42318; --blue: #2e6fd0; --yellow: #d6a100; --orange: #e2700c; --red: #c9281f }
@media (prefers-color-scheme: dark) { :root { --ground: #12151b; --card: #1b2029; --ink: #e6e9ef; --soft: #98a2b3;
  --line: #313949; --values: #7fb0f5; --limit: #f97066; --blue: #5b9bf5; --yellow: #e3b72c; --orange: #f28a35; --red: #f0554c } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1080px; padding: 24px; background: var(--ground); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif }
h1 { font-size: 20px; margin: 0 0 8px; overflow-wrap: anywhere }
h2 { font-size: 15px; margin: 0 0 12px }
.facts { margin: 0; padding-left: 18px; color: var(--soft) }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; margin-top: 16px }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; padding: 0; border: 0; background: none }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px }
.tile span { display: block; color: var(--soft); font-size: 12px }
.tile strong { font-size: 18px; white-space: nowrap; font-variant-numeric: tabular-nums }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); white-space: nowrap }
th { color: var(--soft); font-weight: 500 }
.right { text-align: right }
.chip { display: inline-block; min-width: 56px; text-align: center; border-radius: 6px; padding: 0 8px; color: #fff; background: var(--soft) }
.chip.blue { background: #2459a9 } .chip.yellow { background: #f0c330; color: #1d2330 }
.chip.orange { background: #b8560a } .chip.red { background: #b3221a }
.legend { color: var(--soft); margin: 0 0 12px }
figure { margin: 0 0 18px } figcaption { font-weight: 600; margin-bottom: 2px }
svg { width: 100%; height: auto; display: block }
svg .grid { stroke: var(--line); stroke-width: 1 }
svg .values { fill: none; stroke: var(--values); stroke-width: 1.3; stroke-linejoin: round }
svg .bar { fill: var(--values) }
svg .limit { stroke: var(--limit); stroke-width: 1; stroke-dasharray: 5 4 }
svg .lane { fill: var(--line); opacity: .45 }
svg .alarm.blue { fill: var(--blue) } svg .alarm.yellow { fill: var(--yellow) }
svg .alarm.orange { fill: var(--orange) } svg .alarm.red { fill: var(--red) }
svg .label { fill: var(--soft); font-size: 11px } svg .end { text-anchor: end } svg .middle { text-anchor: middle }
@media print { body { max-width: none } section { break-inside: avoid } }
`;
