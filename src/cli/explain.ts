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
    readonly limit: { readonly at: number; readonly deadband: number; readonly tier: string } | null;
    readonly origin: { readonly kind: string; readonly profile: string; readonly change: string | null };
    readonly window: { readonly n: number; readonly perMinute: number | null } | null;
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
  readonly notes: readonly { readonly text: Told }[];
  readonly trace: string | null;
}

/** Evaluations that a person is shown; --json has more. */
const SHOWN = 12;

const BASES: Readonly<Record<string, string>> = {
  live: 'state of the running rules',
  replay: 'stored readings judged again by the rules in force',
  alarm: 'the alarm alone',
};

/** `davylamp explain`: why there is an alarm, or none. Returns the exit code: 0, or 1 if nothing could be said. */
export async function explain(options: ExplainOptions, io: ClientIo): Promise<number> {
  return await reported(io, async () => {
    const answer = await ask(options);
    if (options.json) io.out(JSON.stringify(answer));
    else for (const line of linesOf(answer, options.lang === 'zh' ? 'zh' : 'en')) io.out(line);
    return 0;
  });
}

async function ask({ url, subject, name, at }: ExplainOptions): Promise<Answer> {
  const query = at === undefined ? '' : `at=${encodeURIComponent(at)}`;
  if (subject.startsWith('alm_')) {
    return answerOf(await call({ url }, `alarms/${encodeURIComponent(subject)}/explanation?${query}`));
  }
  const [site, device, ...more] = subject.split('/');
  if (!site || !device || more.length > 0) {
    throw new EngineFault(
      `${subject} is neither an alarm (alm_…) nor a device: write site/device, as wujin-gas/cab-001`,
    );
  }
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
  }
  if (answer.evaluations.length > 0) {
    yield '';
    yield* table(
      ['time', 'condition', 'value', 'quality', 'measured', 'limit', 'verdict', 'then'],
      answer.evaluations
        .slice(-SHOWN)
        .map((one) => [
          new Date(one.ts).toISOString(),
          one.condition,
          shown(one.value),
          one.quality,
          shown(one.measured),
          shown(one.limit),
          one.verdict,
          one.after,
        ]),
    );
  }
  yield '';
  const then = ruleVersion.alarm === null ? '' : `, of the alarm ${ruleVersion.alarm}`;
  if (ruleVersion.current !== null) yield `rule version ${ruleVersion.current}${then}`;
  if (answer.trace !== null) yield `events and deliveries: GET ${answer.trace}`;
}

function row({ condition, phase, measured, unit, limit, origin, window }: Answer['conditions'][number]): string[] {
  const slope = window?.perMinute == null ? '' : ` (${shown(window.perMinute)}/min, n=${window.n})`;
  const change = origin.change === null ? '' : `, change ${origin.change}`;
  return [
    condition,
    phase,
    `${shown(measured)} ${unit ?? ''}`.trim() + slope,
    limit ? shown(limit.at) : 'off',
    limit ? shown(limit.deadband) : '',
    limit?.tier ?? '',
    origin.kind === 'device' ? `this device${change}` : `profile ${origin.profile}`,
  ];
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
