import { createTask, type ScheduledTask } from 'node-cron';
import type { Clock } from './runtime/clock.ts';
import type { Environment } from './runtime/database.ts';
import type { Logger } from './runtime/log.ts';

/** Work at set times. */
export interface Job {
  /** Unique, as `report` or `drill:monthly`. */
  readonly id: string;
  /** node-cron expression in the configured time zone. */
  readonly cron: string;
  /** A run that was missed is made up for so long after its time; of several only the last. */
  readonly makeUpMs: number;
  /** A run is given up after it, so that the next one is not waited for in vain. */
  readonly deadlineMs: number;
  /**
   * `planned`: when it should have begun, epoch milliseconds. May come again for the same time after a crash. `signal`
   * aborts when the deadline is over or the process stops.
   */
  readonly run: (planned: number, signal: AbortSignal) => Promise<void>;
}

/** Jobs by schedule. */
export interface Schedules {
  /** Takes these jobs instead of those before; a run that is under way goes on. */
  set(jobs: readonly Job[], timezone: string): void;
  start(): void;
  /** Resolves when no job runs any more. */
  stop(): Promise<void>;
}

export interface SchedulesDeps {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is known of a job: it is another one when its schedule changes. */
interface Memory {
  readonly cron: string;
  /** Everything planned up to then was run, or was not to be; epoch milliseconds. */
  readonly through: number;
}

interface Seat {
  readonly job: Job;
  readonly task: ScheduledTask;
  /** The last time for which it was run, or is about to be. */
  latest: number;
  running: Promise<void> | null;
}

const MINUTE_MS = 60_000;

/**
 * Runs jobs by node-cron, one at a time each. node-cron makes up for nothing, and a job of its own that never settles
 * would never run again: so what was run is kept on disk, a run that was missed while the process was down, blocked or
 * busy is made up once, and every run has a deadline. A run that fails, or that a crash cut short, is made up at the
 * next start.
 */
export function createSchedules({ environment, clock, log }: SchedulesDeps): Schedules {
  const memory = environment.table<Memory>('schedules', 'json');
  const seats = new Map<string, Seat>();
  const under = new AbortController();
  let started = false;

  async function runOnce(seat: Seat, planned: number): Promise<void> {
    const { job } = seat;
    const done = new AbortController();
    const late = new AbortController();
    const begun = clock.now();
    void clock.sleep(job.deadlineMs, done.signal).then(() => late.abort(new Error(`not done in ${job.deadlineMs} ms`)));
    const signal = AbortSignal.any([under.signal, late.signal]);
    try {
      await Promise.race([job.run(planned, signal), aborted(signal)]);
      await remember(job, planned);
      log.info({ job: job.id, planned, tookMs: clock.now() - begun }, 'scheduled job done');
    } catch (error) {
      if (under.signal.aborted) return;
      log.error({ err: error, job: job.id, planned }, 'a scheduled job failed; it is made up at the next start');
    } finally {
      done.abort();
    }
  }

  /** One at a time: a run that falls due while another is under way follows it. */
  function run(seat: Seat, planned: number): Promise<void> {
    if (planned <= seat.latest) return seat.running ?? Promise.resolve();
    seat.latest = planned;
    const before = seat.running ?? Promise.resolve();
    const own = before
      .then(() => (under.signal.aborted ? undefined : runOnce(seat, planned)))
      .finally(() => {
        if (seat.running === own) seat.running = null;
      });
    seat.running = own;
    return own;
  }

  function remember({ id, cron }: Job, through: number): Promise<void> {
    return environment.commit((batch) => batch.put(memory, id, { cron, through }));
  }

  function begin(seat: Seat): void {
    const { job, task } = seat;
    void task.start();
    const now = clock.now();
    const known = memory.get(job.id);
    if (!known || known.cron !== job.cron) {
      // What was planned before anybody asked for it is not made up.
      remember(job, now).catch((error: unknown) => {
        log.error(
          { err: error, job: job.id },
          'the schedule cannot be written: a run missed while stopped is not made up',
        );
      });
      return;
    }
    const missed = lastPlanned(task, Math.max(known.through, now - job.makeUpMs), now);
    if (missed === null) return;
    log.warn({ job: job.id, planned: missed }, 'a scheduled job was missed and is made up');
    void run(seat, missed);
  }

  function open(job: Job, timezone: string, before: Seat | undefined): Seat {
    const due = (date: Date): Promise<void> | undefined => {
      // Whole seconds are planned; the timer is some milliseconds late.
      const planned = Math.floor(date.getTime() / 1000) * 1000;
      return seats.get(job.id) === seat ? run(seat, planned) : undefined;
    };
    const task = createTask(job.cron, ({ date }) => due(date), {
      timezone,
      noOverlap: true,
      suppressMissedWarning: true,
    });
    for (const event of ['execution:missed', 'execution:overlap'] as const) {
      task.on(event, ({ date }) => void due(date));
    }
    const seat: Seat = { job, task, latest: before?.latest ?? 0, running: before?.running ?? null };
    return seat;
  }

  return {
    set(jobs, timezone) {
      const before = new Map(seats);
      seats.clear();
      for (const { task } of before.values()) void task.destroy();
      for (const job of jobs) {
        const seat = open(job, timezone, before.get(job.id));
        seats.set(job.id, seat);
        if (started) begin(seat);
      }
    },
    start() {
      if (started) return;
      started = true;
      for (const seat of seats.values()) begin(seat);
    },
    async stop() {
      under.abort();
      const all = [...seats.values()];
      seats.clear();
      for (const { task } of all) await task.destroy();
      await Promise.all(all.map(({ running }) => running));
    },
  };
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** The last time after `after` up to `now` for which a run is planned; null = none. Looks at each minute once. */
function lastPlanned(task: ScheduledTask, after: number, now: number): number | null {
  for (let minute = Math.floor(now / MINUTE_MS) * MINUTE_MS; minute > after; minute -= MINUTE_MS) {
    if (task.match(new Date(minute))) return minute;
  }
  return null;
}
