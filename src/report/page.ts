import { TIERS, type Tier } from '../model/tier.ts';
import { numberText } from './wording.ts';

/** A part of a report, for text and HTML alike. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Numbers of the columns that are set to the right. */
  readonly right: readonly number[];
  /** Rows that are left out here. */
  readonly more: number;
  /** Column that names a tier; undefined = none does. */
  readonly tierColumn?: number;
}

/** Text that cannot be taken for markup. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What a page says of its tables. */
export interface TableWords {
  readonly none: string;
  /** `#` stands for how many. */
  readonly more: string;
  readonly tiers: Readonly<Record<Tier, string>>;
}

const WORDS: TableWords = {
  none: 'None.',
  more: 'and # more: the JSON report has them',
  tiers: { blue: 'blue', yellow: 'yellow', orange: 'orange', red: 'red' },
};

/** A table as a section of a page, in these words. */
export function tableSection({ title, head, rows, right, more, tierColumn }: Table, words = WORDS): string {
  const cell = (tag: 'td' | 'th') => (text: string, i: number) => {
    const tier = tag === 'td' && i === tierColumn ? TIERS.find((one) => one === text) : undefined;
    const content = tier ? `<span class="chip ${tier}">${escapeText(words.tiers[tier])}</span>` : escapeText(text);
    return `<${tag}${right.includes(i) ? ' class="right"' : ''}>${content}</${tag}>`;
  };
  const body = rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n');
  const rest = more > 0 ? `<p>${escapeText(words.more.replace('#', numberText(more)))}</p>` : '';
  if (rows.length === 0) return `<section><h2>${escapeText(title)}</h2><p>${escapeText(words.none)}</p></section>`;
  return `<section><h2>${escapeText(title)}</h2><div class="scroll"><table>
<thead><tr>${head.map(cell('th')).join('')}</tr></thead>
<tbody>
${body}
</tbody></table></div>${rest}</section>`;
}

/** A page that needs nothing else: `body` is markup, `title` is not. */
export function htmlPage(title: string, language: string, body: string): string {
  return `<!doctype html>
<html lang="${escapeText(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A figure in large digits. */
export function tile(name: string, values: readonly string[]): string {
  return `<div class="tile"><span>${escapeText(name)}</span><strong>${values.map(escapeText).join(' → ')}</strong></div>`;
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
