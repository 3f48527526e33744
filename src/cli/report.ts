import { type ClientIo, call, callText, EngineFault, type EngineOptions, reported } from './engine-client.ts';
import { assertWritable, writeReport } from './report-file.ts';

export interface ReportOptions extends EngineOptions {
  /** Local date, as `2026-11-22`; the newest without it. */
  readonly date?: string | undefined;
  /** File for the page. */
  readonly html?: string | undefined;
}

interface Notable {
  readonly total: number;
}

interface Report {
  readonly date: string;
  readonly counts: Readonly<Record<string, { day: number; dayBefore: number; weekBefore: number }>>;
  readonly figures: { readonly floods: readonly unknown[]; readonly peakTenMinutes: number };
  readonly devices: { readonly total: number; readonly silent: Notable };
  readonly quality: { readonly points: number; readonly bad: Notable };
  readonly nearLimits: Notable & {
    readonly items: readonly {
      readonly device: string;
      readonly point: string;
      readonly value: number;
      readonly unit: string;
      readonly limit: { readonly name: string; readonly at: number };
    }[];
  };
  readonly overdue: Notable;
  readonly supervised: Notable;
  readonly hidden: Notable;
}

const EXIT_USAGE = 2;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** `davylamp report`: the daily assessment of a running engine. Returns the exit code. */
export async function report(options: ReportOptions, io: ClientIo): Promise<number> {
  if (options.date !== undefined && !DATE.test(options.date)) {
    io.err(`--date ${options.date} is not a date: write it as 2026-11-22`);
    return EXIT_USAGE;
  }
  return reported(io, async () => {
    if (options.html !== undefined) assertWritable(options.html);
    const date = options.date ?? (await newest(options));
    const found = (await call(options, `reports/daily/${date}`)) as Report;
    if (options.html !== undefined) writeReport(options.html, await callText(options, `reports/daily/${date}.html`));
    if (options.json) io.out(JSON.stringify(found));
    else for (const line of linesOf(found)) io.out(line);
    return 0;
  });
}

async function newest(options: ReportOptions): Promise<string> {
  const { items } = (await call(options, 'reports/daily')) as { items: readonly { date: string }[] };
  const [first] = items;
  if (!first) throw new EngineFault('there is no daily assessment yet: set report.schedule in davylamp.yaml');
  return first.date;
}

function* linesOf({ date, counts, figures, devices, quality, ...rest }: Report): Generator<string> {
  const all = counts['all'] ?? { day: 0, dayBefore: 0, weekBefore: 0 };
  const tiers = ['red', 'orange', 'yellow', 'blue'].map((tier) => `${tier} ${counts[tier]?.day ?? 0}`);
  yield `daily assessment ${date}`;
  yield `alarms           ${all.day} (${tiers.join(', ')}); the day before ${all.dayBefore}, a week before ${all.weekBefore}`;
  yield `floods           ${figures.floods.length}, busiest 10 minutes ${figures.peakTenMinutes}`;
  yield `silent devices   ${devices.silent.total} of ${devices.total}`;
  yield `bad quality      ${quality.bad.total} of ${quality.points} points`;
  yield `cases            ${rest.overdue.total} overdue, ${rest.supervised.total} supervised`;
  yield `hidden           ${rest.hidden.total}`;
  yield `near a limit     ${rest.nearLimits.total}`;
  for (const { device, point, value, unit, limit } of rest.nearLimits.items) {
    yield `  ${device} ${point}  ${value} ${unit}, ${limit.name} ${limit.at}`;
  }
}
