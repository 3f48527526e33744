import type { Span } from '../alerts/statistics/load.ts';
import { escapeText } from '../report/page.ts';
import { numberText, timeFormat } from '../report/wording.ts';
import type { PastAlarm } from './past-alarm.ts';
import type { Series } from './series.ts';

const WIDTH = 920;
const LEFT = 64;
const RIGHT = 76;
const TOP = 10;
const PLOT_HEIGHT = 150;
const LANE_HEIGHT = 12;
const LANE_GAP = 4;
const AXIS_GAP = 9;
const AXIS_HEIGHT = 22;
const INNER = WIDTH - LEFT - RIGHT;
const TICKS = 5;
const HOUR_MS = 3_600_000;
const MOST_BARS = 400;

/** Columns of a plot that can show a value each. */
export const PLOT_COLUMNS = INNER;

/** Intervals of alarms in a row of their own below the values. */
export interface Lane {
  readonly name: string;
  readonly alarms: readonly PastAlarm[];
}

/** Calls of operators by time, as bars of an hour or more; `target` is the level a line is drawn at, in calls an hour. */
export function ratePlot(calls: readonly number[], span: Span, target: number, timezone: string): string {
  const hours = Math.max(1, Math.ceil((span.to - span.from) / HOUR_MS));
  const barHours = Math.ceil(hours / MOST_BARS);
  const bars = new Float64Array(Math.ceil(hours / barHours));
  for (const at of calls) {
    const bar = Math.min(bars.length - 1, Math.floor((at - span.from) / (barHours * HOUR_MS)));
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  const scale = scaleOf(0, Math.max(target * 1.2, ...bars.map((count) => count / barHours)));
  const width = (barHours * HOUR_MS) / Math.max(1, span.to - span.from);
  const marks = Array.from(bars, (count, i) => {
    if (count === 0) return '';
    const x = LEFT + i * width * INNER;
    const y = scale.y(count / barHours);
    const label = `${timeFormat(timezone)(span.from + i * barHours * HOUR_MS)}: ${count}`;
    const size = `width="${round(Math.max(1, Math.min(width * INNER - 1, WIDTH - RIGHT - x)))}" height="${round(TOP + PLOT_HEIGHT - y)}"`;
    return `<rect class="bar" x="${round(x)}" y="${round(y)}" ${size}><title>${escapeText(label)}</title></rect>`;
  });
  const line = limitLine(target, `target ${numberText(target)}/h`, scale);
  const label = `Calls an hour${barHours > 1 ? `, mean of ${barHours} h` : ''}`;
  return frame(label, 0, [...valueAxis(scale), ...marks, line, timeAxis(span, 0, timezone)]);
}

/** The values of a point with its limits, and below them when `condition` was in alarm. */
export function valuePlot(
  { device, point, span, min, max }: Series,
  condition: string,
  lanes: readonly Lane[],
  timezone: string,
): string {
  const limits = point.limits.map(({ at, name }) => ({ at, name }));
  const seen = [...min, ...max, ...limits.map(({ at }) => at)].filter((value) => !Number.isNaN(value));
  const lowest = seen.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = seen.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const scale = seen.length === 0 ? scaleOf(0, 1) : scaleOf(lowest, highest);
  const band = `<path class="values" d="${bandPath(min, max, scale)}"/>`;
  const lines = limits.map(({ at, name }) => limitLine(at, `${name} ${numberText(at)}`, scale));
  const rows = lanes.flatMap((lane, row) => laneMarks(lane, row, span, timezone));
  const unit = point.unit === '' ? '' : `, ${point.unit}`;
  const label = `${condition} of ${device.key}: ${point.id}${unit}`;
  return frame(label, lanes.length, [
    ...valueAxis(scale),
    band,
    ...lines,
    ...rows,
    timeAxis(span, lanes.length, timezone),
  ]);
}

interface Scale {
  readonly lowest: number;
  readonly highest: number;
  y(value: number): number;
}

function scaleOf(lowest: number, highest: number): Scale {
  const margin = (highest - lowest) * 0.05 || Math.abs(highest) * 0.05 || 1;
  const from = lowest === 0 ? 0 : lowest - margin;
  const to = highest + margin;
  return { lowest: from, highest: to, y: (value) => TOP + PLOT_HEIGHT * (1 - (value - from) / (to - from)) };
}

/** One stroke from the least to the greatest value of each column; a gap where there is none. */
function bandPath(min: Float64Array, max: Float64Array, scale: Scale): string {
  const parts: string[] = [];
  let joined = false;
  for (let i = 0; i < min.length; i++) {
    const low = min[i] ?? Number.NaN;
    const high = max[i] ?? Number.NaN;
    if (Number.isNaN(low)) {
      // Where samples are rarer than columns, a line still joins them; a long silence stays a gap.
      joined = joined && !isSilent(min, i);
      continue;
    }
    const x = round(LEFT + (i * INNER) / min.length);
    parts.push(`${joined ? 'L' : 'M'}${x} ${round(scale.y(high))}V${round(scale.y(low) + 0.01)}`);
    joined = true;
  }
  return parts.join('');
}

const SILENT_COLUMNS = 24;

function isSilent(min: Float64Array, from: number): boolean {
  for (let i = from; i < Math.min(min.length, from + SILENT_COLUMNS); i++) if (!Number.isNaN(min[i])) return false;
  return true;
}

function limitLine(at: number, label: string, scale: Scale): string {
  const y = round(scale.y(at));
  return (
    `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>` +
    `<text class="label" x="${WIDTH - RIGHT + 4}" y="${y + 4}">${escapeText(label)}</text>`
  );
}

function laneMarks({ name, alarms }: Lane, row: number, span: Span, timezone: string): string[] {
  const y = TOP + PLOT_HEIGHT + AXIS_GAP + row * (LANE_HEIGHT + LANE_GAP);
  const time = timeFormat(timezone);
  const marks = alarms.map(({ raisedAt, returnedAt, tier, condition }) => {
    const from = xOf(raisedAt, span);
    const width = Math.max(2, xOf(returnedAt ?? span.to, span) - from);
    const label = `${condition}, ${tier}: ${time(raisedAt)} to ${returnedAt === null ? 'the end' : time(returnedAt)}`;
    const place = `x="${round(from)}" y="${y}" width="${round(width)}" height="${LANE_HEIGHT}"`;
    return `<rect class="alarm ${tier}" ${place}><title>${escapeText(label)}</title></rect>`;
  });
  const lane = `<rect class="lane" x="${LEFT}" y="${y}" width="${INNER}" height="${LANE_HEIGHT}"/>`;
  return [lane, ...marks, `<text class="label end" x="${LEFT - 6}" y="${y + 10}">${escapeText(name)}</text>`];
}

function valueAxis({ lowest, highest, y }: Scale): string[] {
  const step = evenStep((highest - lowest) / TICKS);
  const lines: string[] = [];
  for (let value = Math.ceil(lowest / step) * step; value <= highest; value += step) {
    const at = round(y(value));
    const text = numberText(Number(value.toPrecision(6)));
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>` +
        `<text class="label end" x="${LEFT - 6}" y="${at + 4}">${text}</text>`,
    );
  }
  return lines;
}

/** The next of 1, 2, 5, 10, 20, … that is not less. */
function evenStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function timeAxis(span: Span, lanes: number, timezone: string): string {
  const y = TOP + PLOT_HEIGHT + AXIS_GAP + lanes * (LANE_HEIGHT + LANE_GAP) + 12;
  const format = timeFormat(timezone);
  return Array.from({ length: TICKS }, (_, i) => {
    const at = span.from + ((span.to - span.from) * i) / (TICKS - 1);
    const anchor = i === 0 ? 'start' : i === TICKS - 1 ? 'end' : 'middle';
    const x = round(LEFT + (INNER * i) / (TICKS - 1));
    return `<text class="label ${anchor}" x="${x}" y="${y}">${escapeText(format(at).slice(0, 16))}</text>`;
  }).join('');
}

function frame(label: string, lanes: number, parts: readonly string[]): string {
  const height = TOP + PLOT_HEIGHT + AXIS_GAP + lanes * (LANE_HEIGHT + LANE_GAP) + AXIS_HEIGHT;
  const head = `<figcaption>${escapeText(label)}</figcaption>`;
  const svg = `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(label)}">${parts.join('')}</svg>`;
  return `<figure>${head}${svg}</figure>`;
}

function xOf(at: number, span: Span): number {
  return LEFT + (INNER * (at - span.from)) / Math.max(1, span.to - span.from);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
