import type { Notice } from '../alerts/notice.ts';
import { DAY_MS } from '../alerts/statistics/load.ts';
import type { ReportSettings } from '../model/routing.ts';
import type { Batch, Environment } from '../runtime/database.ts';
import type { Job } from '../schedule.ts';
import { type Assessment, summaryOf } from './assessment.ts';

export interface ReportsDeps {
  readonly environment: Environment;
  readonly assess: (at: number, signal: AbortSignal) => Promise<Assessment>;
  /** Logs and tells an event about Davylamp itself, in one commit with what `also` writes. */
  readonly announce: (notice: Notice, at: number, also: (batch: Batch) => void) => Promise<void>;
  /** Engine time. */
  readonly now: () => number;
}

export interface Reports {
  /** The job that makes it; none where none is asked for. */
  jobs(settings: ReportSettings | null): Job[];
  /** The assessment made on a local date, as `2026-11-22`; null = there is none, or it is no longer kept. */
  get(date: string): Assessment | null;
  /** Newest first. */
  list(): readonly Pick<Assessment, 'date' | 'madeAt'>[];
}

const KEPT_DAYS = 90;
const DEADLINE_MS = 600_000;

/**
 * The daily rolling assessments on disk, the last 90. An assessment and the event that tells of it are one commit: a
 * crash in between makes it again. One that was missed is made as soon as the process is back, and looks back on the day
 * before that.
 */
export function createReports({ environment, assess, announce, now }: ReportsDeps): Reports {
  const table = environment.table<Assessment>('reports', 'json');

  async function make(planned: number, to: readonly string[], signal: AbortSignal): Promise<void> {
    const at = now();
    const assessment = await assess(at, signal);
    const known = table.get(assessment.date);
    // Made for this time already: the crash came before anybody noted it.
    if (known && known.madeAt >= planned) return;
    signal.throwIfAborted();
    await announce(noticeOf(assessment, to), at, (batch) => {
      batch.put(table, assessment.date, assessment);
      const others = [...table.getKeys({ reverse: true })].filter((date) => date !== assessment.date);
      for (const date of others.slice(KEPT_DAYS - 1)) batch.remove(table, date);
    });
  }

  return {
    jobs(settings) {
      if (!settings) return [];
      const { schedule, to } = settings;
      return [
        {
          id: 'report',
          cron: schedule,
          makeUpMs: DAY_MS,
          deadlineMs: DEADLINE_MS,
          run: (planned, signal) => make(planned, to, signal),
        },
      ];
    },
    get: (date) => table.get(date) ?? null,
    list: () => [...table.getRange({ reverse: true })].map(({ value: { date, madeAt } }) => ({ date, madeAt })),
  };
}

function noticeOf(assessment: Assessment, to: readonly string[]): Notice {
  const { date, counts, figures, overdue, supervised, hidden, devices, quality, nearLimits } = assessment;
  return {
    name: 'daily-assessment',
    code: 'DAILY_ASSESSMENT',
    message: summaryOf(assessment),
    details: {
      date,
      alarms: counts.all.day,
      alarmsDayBefore: counts.all.dayBefore,
      alarmsWeekBefore: counts.all.weekBefore,
      red: counts.red.day,
      orange: counts.orange.day,
      yellow: counts.yellow.day,
      blue: counts.blue.day,
      floods: figures.floods.length,
      overdue: overdue.total,
      supervised: supervised.total,
      hidden: hidden.total,
      silentShare: devices.silentShare,
      badShare: quality.badShare,
      nearLimits: nearLimits.total,
      report: `/api/v1/reports/daily/${date}`,
    },
    to,
  };
}
