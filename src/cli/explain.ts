import { type ClientIo, call, EngineFault, type EngineOptions, reported } from './engine-client.ts';
import { sparkline, table } from './text-table.ts';

export interface ExplainOptions extends EngineOptions {
  /** Id of an alarm, or `site/device`. */
  readonly subject: string;
  /** A point or a rule of the device. */
  readonly name?: string | undefined;
  readonly at?: string | undefined;
  readonly lang?: string | undefined;
}

interface Told {
  readonly en: string;
  readonly zh: string;
}

type Value = number | boolean | string | null;

interface Input {
  readonly point: string;
  readonly unit: string;
  readonly value: Value;
  readonly quality: string;
}

/** What is shown of an explanation. */
interface Answer {
  readonly device: string;
  readonly asOf: { readonly at: string; readonly basis: string };
  readonly answer: Told;
  readonly conditions: readonly {
    readonly condition: string;
    readonly phase: string;
    readonly measured: number | null;
    readonly unit: string | null;
    readonly point: string | null;
    readonly kind: string;
    readonly limit: { readonly at: number; readonly deadband: number; readonly tier: string } | null;
    readonly origin: { readonly kind: string; readonly profile: string; readonly change: string | null };
    readonly window: { readonly n: number; readonly minSamples: number; readonly perMinute: number | null } | null;
    readonly expression: Readonly<Record<string, string>> | null;
    readonly inputs: readonly Input[];
  }[];
  readonly samples: readonly {
    readonly point: string;
    readonly unit: string;
    readonly items: readonly { readonly ts: number; readonly value: Value; readonly quality: string }[];
  }[];
  readonly evaluations: readonly {
    readonly ts: number;
    readonly condition: string;
    readonly value: Value;
    readonly quality: string;
    readonly measured: number | null;
    readonly limit: number | null;
    readonly verdict: string;
    readonly after: string;
  }[];
  readonly ruleVersion: { readonly current: string | null; readonly alarm: string | null };
  readonly members: readonly {
    readonly device: string;
    readonly point: string | null;
    readonly unit: string;
    readonly value: Value;
    readonly quality: string | null;
    readonly at: string | null;
    readonly state: string;
    readonly vote: string | null;
  }[];
  readonly notes: readonly { readonly text: Told }[];
  readonly trace: string | null;
}

const EXIT_USAGE = 2;
/** Evaluations that a person is shown; --json has more. */
const SHOWN = 12;

const BASES: Readonly<Record<string, string>> = {
  live: 'state of the running rules',
  replay: 'stored readings judged again by the rules in force',
  alarm: 'the alarm alone',
};

/**
 * `davylamp explain`: why there is an alarm, or none.
 *
 * @returns the exit code: 0; 1 = nothing could be said; 2 = used wrongly
 */
export async function explain(options: ExplainOptions, io: ClientIo): Promise<number> {
  const wrong = misuse(options);
  if (wrong !== null) {
    io.err(wrong);
    return EXIT_USAGE;
  }
  return await reported(io, async () => {
    const answer = await ask(options);
    if (options.json) io.out(JSON.stringify(answer));
    else for (const line of linesOf(answer, options.lang === 'zh' ? 'zh' : 'en')) io.out(line);
    return 0;
  });
}

/** How the command is used wrongly, and what to write instead; null = it is not. */
function misuse({ subject, at, lang }: ExplainOptions): string | null {
  if (lang !== undefined && lang !== 'en' && lang !== 'zh') return `--lang ${lang} is not known: write en or zh`;
  if (at !== undefined && !isInstant(at)) {
    return `--at ${at} is not a time: write ISO 8601 with zone, as 2026-11-21T14:03:11Z, or epoch milliseconds`;
  }
  if (subject.startsWith('alm_') || /^[^/]+\/[^/]+$/.test(subject)) return null;
  return `${subject} is neither an alarm (alm_…) nor a device: write site/device, as wujin-gas/cab-001`;
}

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Times as the API takes them. */
function isInstant(text: string): boolean {
  return /^\d{1,13}$/.test(text) || (ISO_8601.test(text) && Number.isFinite(Date.parse(text)));
}

async function ask({ url, subject, name, at }: ExplainOptions): Promise<Answer> {
  const query = at === undefined ? '' : `at=${encodeURIComponent(at)}`;
  if (subject.startsWith('alm_')) {
    return answerOf(await call({ url }, `alarms/${encodeURIComponent(subject)}/explanation?${query}`));
  }
  const [site = '', device = ''] = subject.split('/');
  const path = `devices/${encodeURIComponent(site)}/${encodeURIComponent(device)}`;
  if (name === undefined) return answerOf(await call({ url }, `${path}/explanation?${query}`));
  const named = encodeURIComponent(name);
  try {
    return answerOf(await call({ url }, `${path}/points/${named}/explanation?${query}`));
  } catch (error) {
    if (!isUnknownPoint(error)) throw error;
    return answerOf(await call({ url }, `${path}/explanation?rule=${named}&${query}`));
  }
}

function isUnknownPoint(error: unknown): boolean {
  const body = error instanceof EngineFault ? error.body : null;
  return typeof body === 'object' && body !== null && 'code' in body && body.code === 'POINT_UNKNOWN';
}

function answerOf(body: unknown): Answer {
  if (typeof body !== 'object' || body === null || !('conditions' in body)) {
    throw new EngineFault('what answers there is not a Davylamp engine');
  }
  return body as Answer;
}

function* linesOf(answer: Answer, lang: 'en' | 'zh'): Generator<string> {
  const { asOf, ruleVersion } = answer;
  yield `${answer.device}, as of ${asOf.at} (${BASES[asOf.basis] ?? asOf.basis})`;
  yield '';
  yield answer.answer[lang];
  for (const { text } of answer.notes) yield `Note: ${text[lang]}`;
  if (answer.samples.some(({ items }) => items.length > 0)) yield '';
  for (const one of answer.samples) if (one.items.length > 0) yield seriesLine(one);
  if (answer.conditions.length > 0) {
    yield '';
    yield* table(
      ['condition', 'now', 'measured', 'limit', 'deadband', 'tier', 'decided by'],
      answer.conditions.map(row),
    );
    for (const one of answer.conditions) yield* expressionLines(one);
  }
  if (answer.members.length > 0) {
    yield '';
    yield* table(
      ['member', 'value', 'quality', 'as of', 'state', 'vote'],
      answer.members.map(({ device, point, value, unit, quality, at, state, vote }) => [
        point === null ? device : `${device} ${point}`,
        point === null ? '' : inUnit(value, unit),
        quality ?? '',
        at ?? '-',
        state,
        vote ?? '',
      ]),
    );
  }
  if (answer.evaluations.length > 0) {
    yield '';
    yield* table(
      ['time', 'condition', 'value', 'quality', 'measured', 'limit', 'verdict', 'then'],
      answer.evaluations.slice(-SHOWN).map((one) => evaluationRow(one, answer)),
    );
  }
  yield '';
  const then = ruleVersion.alarm === null ? '' : `, of the alarm ${ruleVersion.alarm}`;
  if (ruleVersion.current !== null) yield `rule version ${ruleVersion.current}${then}`;
  if (answer.trace !== null) yield `events and deliveries: GET ${answer.trace}`;
}

type Condition = Answer['conditions'][number];

function row(condition: Condition): string[] {
  const { phase, limit, origin, window, unit } = condition;
  const slope = window?.perMinute == null ? '' : ` (${inUnit(window.perMinute, `${unit ?? ''}/min`)}, n=${window.n})`;
  const change = origin.change === null ? '' : `, change ${origin.change}`;
  return [
    condition.condition,
    phase,
    measuredText(condition.measured, condition) + slope,
    limit ? limitText(limit.at, condition) : 'off',
    limit && unit !== null ? inUnit(limit.deadband, unit) : '',
    limit?.tier ?? '',
    origin.kind === 'device' ? `this device${change}` : `profile ${origin.profile}`,
  ];
}

/** What was compared; where nothing could be, what is missing. */
function measuredText(measured: number | null, { unit, window, kind }: Condition): string {
  if (measured === null) {
    const isFew = window !== null && window.n < window.minSamples;
    return isFew ? `too few samples (${window.n} of ${window.minSamples})` : 'nothing known';
  }
  if (unit === null) return measured === 1 ? 'yes' : 'no';
  const sign = measured > 0 && (kind === 'rising' || kind === 'falling') ? '+' : '';
  return sign + inUnit(measured, unit);
}

/** A set point; of a rule that answers yes or no, its condition. */
function limitText(at: number | null, { unit, expression }: Condition): string {
  if (unit !== null) return inUnit(at, unit);
  return expression ? cut(`when: ${expression['when'] ?? ''}`) : '';
}

/** A table stays readable; the whole text stands below it. */
const MOST_IN_CELL = 48;

function cut(text: string): string {
  return text.length > MOST_IN_CELL ? `${text.slice(0, MOST_IN_CELL - 1)}…` : text;
}

function* expressionLines({ condition, expression, inputs }: Condition): Generator<string> {
  if (!expression) return;
  yield '';
  for (const [key, text] of Object.entries(expression)) yield `${condition}  ${key}: ${text}`;
  const values = inputs.map(({ point, value, unit, quality }) => `${point} ${inUnit(value, unit)} (${quality})`);
  yield `${condition}  reads: ${values.join(', ')}`;
}

function evaluationRow(one: Answer['evaluations'][number], { conditions, samples }: Answer): string[] {
  const condition = conditions.find((each) => each.condition === one.condition);
  const series = samples.find(({ point }) => point === condition?.point);
  // How many samples there were then is not kept.
  const then = condition && { ...condition, window: null };
  return [
    new Date(one.ts).toISOString(),
    one.condition,
    inUnit(one.value, series?.unit ?? ''),
    // Of a rule over several points no single value is shown.
    condition?.point === null ? '' : one.quality,
    then ? measuredText(one.measured, then) : shown(one.measured),
    then ? limitText(one.limit, then) : shown(one.limit),
    condition?.unit === null && one.verdict === 'between' ? 'neither: `until` is not true yet' : one.verdict,
    one.after,
  ];
}

function inUnit(value: Value, unit: string): string {
  return typeof value === 'number' ? `${shown(value)} ${unit}`.trim() : shown(value);
}

function seriesLine({ point, unit, items }: Answer['samples'][number]): string {
  const times = items.map(({ ts }) => ts);
  const span = Math.round((Math.max(...times) - Math.min(...times)) / 1000);
  const newest = items.at(-1);
  const bad = items.filter(({ quality }) => quality === 'bad').length;
  const line = sparkline(items.map(({ value, quality }) => (quality === 'bad' ? null : value)));
  const told = `${items.length} samples in ${span} s, newest ${shown(newest?.value ?? null)} ${unit}`.trim();
  return `${point}  ${line}  ${told}${bad > 0 ? `, ${bad} bad` : ''}`;
}

/** At most six digits. */
function shown(value: Value): string {
  if (value === null) return '-';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}
