import { validate } from 'node-cron';
import type { ReportEntry } from '../alerts/policy/schema/report.ts';
import type { Device } from '../model/device.ts';
import type { ReportSettings } from '../model/routing.ts';
import type { Path, Reporter } from './fault.ts';
import { checkNames, type KnownNames } from './known-names.ts';
import type { Shape } from './shape.ts';

/** What scheduled work may name. */
export interface ScheduleContext extends KnownNames {
  /** A device as it was built; undefined = it is none, or has faults. */
  readonly deviceOf: (key: string) => Device | undefined;
  readonly receivers: ReadonlySet<string>;
  readonly reporter: Reporter;
  readonly sound: Shape<unknown>['sound'];
}

/** Reports what is no schedule. */
export function checkCron(text: string, path: Path, reporter: Reporter): void {
  if (!text.includes('\n') && validate(text)) return;
  reporter.error('CRON_INVALID', path, text, 'write minute hour day month weekday, as "15 3 * * *"');
}

/** Reports receivers that are not there, each at its place in the list. */
export function checkReceivers(found: readonly string[], path: Path, { receivers, reporter }: ScheduleContext): void {
  for (const [index, name] of found.entries()) {
    const place = { code: 'RECEIVER_UNKNOWN', what: 'receiver', path: [...path, index], reporter };
    checkNames([name], receivers, place);
  }
}

/** Builds the daily report; null where none is asked for, or its shape is at fault. */
export function buildReport(entry: ReportEntry | undefined, context: ScheduleContext): ReportSettings | null {
  if (entry === undefined || !context.sound(['report'])) return null;
  checkCron(entry.schedule, ['report', 'schedule'], context.reporter);
  checkReceivers(entry.to, ['report', 'to'], context);
  return { schedule: entry.schedule, to: entry.to };
}
