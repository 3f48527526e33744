import { advance, type DrillAct, type DrillFacts, type DrillRun, plannedRun } from './alerts/drill.ts';
import type { Command } from './alerts/ledger.ts';
import type { Notice } from './alerts/notice.ts';
import type { Alarm } from './model/alarm.ts';
import type { Value } from './model/reading.ts';
import type { Drill } from './model/routing.ts';
import type { Batch, Environment } from './runtime/database.ts';
import { ulidOf } from './runtime/identity.ts';
import type { Logger } from './runtime/log.ts';
import type { Job } from './schedule.ts';

export interface DrillsDeps {
  readonly environment: Environment;
  readonly alarms: {
    openAlarms(): Iterable<Alarm>;
    get(id: string): Alarm | null;
    acknowledge(id: string, command: Command, at: number): Promise<Alarm>;
    reset(id: string, command: Command, at: number): Promise<Alarm>;
    /** Logs and tells an event about Davylamp itself, in one commit with what `also` writes. */
    announce(notice: Notice, at: number, also: (batch: Batch) => void): Promise<void>;
  };
  /** Publishes a reading of the device with `status: exercise`; resolves when it is acknowledged. */
  readonly send: (device: string, values: Readonly<Record<string, Value>>) => Promise<void>;
  /** Who was told of the alarm, and when they had it. */
  readonly deliveriesOf: (alarm: Alarm) => Promise<DrillFacts['deliveries']>;
  /** Engine time. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface DrillFilter {
  readonly drill?: string;
  /** Only runs older than this id. */
  readonly before?: string;
  readonly limit: number;
}

export interface Drills {
  /** A job for each drill, at its schedule. */
  jobs(drills: readonly Drill[]): Job[];
  /** Takes every run that is not over a step further; to be called about every second. */
  tick(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
  /** Newest first. */
  list(filter: DrillFilter): { items: DrillRun[]; next: string | null };
  /** The last run of each drill that is over. */
  last(): readonly DrillRun[];
  /** Runs that are over since the start, by result. */
  counts(): Readonly<Record<'passed' | 'failed', number>>;
}

const EVERY_MS = 1_000;
/** A reading is sent again so often until its alarm is there: some rules want more than one. */
const SEND_EVERY_MS = 5_000;
const KEPT = 1_000;
/** A drill that was missed is made up in so long, and else left to the next time. */
const MAKE_UP_MS = 86_400_000;
const DRILLER: Command = { by: 'davylamp', comment: 'end of the exercise / 演练结束' };

/**
 * Scheduled exercises from the broker to the acknowledgement. Every run is on disk as it goes: after a restart it goes
 * on where it was, and the time that passed counts. That it failed and the event that says so are one commit.
 */
export function createDrills(deps: DrillsDeps): Drills {
  const { environment, alarms, log } = deps;
  const table = environment.table<DrillRun>('drills', 'json');
  const running = new Map<string, DrillRun>();
  const lastOver = new Map<string, DrillRun>();
  const sentAt = new Map<string, number>();
  const counted = { passed: 0, failed: 0 };
  let timer: NodeJS.Timeout | null = null;
  let ticking: Promise<void> | null = null;
  for (const { value } of table.getRange({})) {
    if (value.phase === 'over') lastOver.set(value.drill.id, value);
    else running.set(value.id, value);
  }

  async function plan(drill: Drill, plannedAt: number): Promise<void> {
    const id = `drill_${ulidOf(plannedAt, drill.id)}`;
    if (table.get(id)) return;
    const run = plannedRun(id, drill, plannedAt, deps.now());
    await environment.commit((batch) => {
      batch.put(table, id, run);
      const keys = [...table.getKeys({ reverse: true, offset: KEPT - 1 })];
      for (const key of keys) if (!running.has(String(key))) batch.remove(table, key);
    });
    running.set(id, run);
    log.info({ drill: drill.id, run: id }, 'drill began');
  }

  async function look(run: DrillRun): Promise<void> {
    const at = deps.now();
    const step = advance(run, await factsOf(run), at);
    const failedNow = step.run.failure !== null && run.failure === null;
    if (JSON.stringify(step.run) !== JSON.stringify(run)) {
      const write = (batch: Batch) => batch.put(table, run.id, step.run);
      if (failedNow) await alarms.announce(drillFailed(step.run), at, write);
      else await environment.commit(write);
      running.set(run.id, step.run);
    }
    if (failedNow) log.error({ drill: run.drill.id, run: run.id, ...step.run.failure }, 'drill failed');
    if (step.run.phase === 'over') over(step.run);
    else if (step.act) await perform(step.run, step.act, at);
  }

  async function factsOf({ drill, alarm }: DrillRun): Promise<DrillFacts> {
    const own = alarm === null ? null : alarms.get(alarm);
    const open = [...alarms.openAlarms()].filter(
      (each) => each.status === 'exercise' && `${each.site}/${each.device}` === drill.device,
    );
    return { open, alarm: own, deliveries: own ? await deps.deliveriesOf(own) : [] };
  }

  async function perform(run: DrillRun, act: DrillAct, at: number): Promise<void> {
    if (act.kind === 'send') return send(run, act.what, at);
    // Somebody may have been faster: what is open is looked at again.
    await alarms[act.kind](act.alarm, DRILLER, at).catch(() => {});
  }

  async function send(run: DrillRun, what: 'values' | 'back', at: number): Promise<void> {
    const key = `${run.id} ${what}`;
    if (at - (sentAt.get(key) ?? Number.NEGATIVE_INFINITY) < SEND_EVERY_MS) return;
    sentAt.set(key, at);
    let sendFault: string | null = null;
    try {
      await deps.send(run.drill.device, run.drill[what]);
    } catch (error) {
      sendFault = error instanceof Error ? error.message : String(error);
    }
    if (what === 'back' || (sendFault === run.sendFault && run.sentAt !== null)) return;
    const after = { ...run, sendFault, sentAt: run.sentAt ?? (sendFault === null ? deps.now() : null) };
    await environment.commit((batch) => batch.put(table, run.id, after));
    running.set(run.id, after);
  }

  function over(run: DrillRun): void {
    running.delete(run.id);
    for (const what of ['values', 'back']) sentAt.delete(`${run.id} ${what}`);
    lastOver.set(run.drill.id, run);
    counted[run.failure ? 'failed' : 'passed']++;
    if (!run.failure) log.info({ drill: run.drill.id, run: run.id }, 'drill passed');
  }

  async function work(): Promise<void> {
    const devices = new Set<string>();
    // Of one device one at a time, or the alarm of one run would answer for another.
    for (const run of [...running.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if (devices.has(run.drill.device)) continue;
      devices.add(run.drill.device);
      await look(run);
    }
  }

  function tick(): Promise<void> {
    ticking ??= work()
      .catch((error: unknown) => log.error({ err: error }, 'a drill could not go on; it is tried again'))
      .finally(() => {
        ticking = null;
      });
    return ticking;
  }

  return {
    jobs: (drills) =>
      drills.map((drill) => ({
        id: `drill:${drill.id}`,
        cron: drill.schedule,
        makeUpMs: MAKE_UP_MS,
        deadlineMs: 30_000,
        run: (planned) => plan(drill, planned),
      })),
    tick,
    start() {
      timer ??= setInterval(() => void tick(), EVERY_MS);
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      await ticking;
    },
    list({ drill, before, limit }) {
      const items: DrillRun[] = [];
      const range = before === undefined ? {} : { start: before, exclusiveStart: true };
      for (const { value } of table.getRange({ reverse: true, ...range })) {
        if (drill !== undefined && value.drill.id !== drill) continue;
        if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
        items.push(value);
      }
      return { items, next: null };
    },
    last: () => [...lastOver.values()],
    counts: () => counted,
  };
}

/** What is told of a drill that failed, to those who hear of failures. */
function drillFailed({ id, drill, failure, alarm }: DrillRun): Notice {
  const { stage = 'end', message = { en: '', zh: '' } } = failure ?? {};
  return {
    name: 'drill-failed',
    code: 'DRILL_FAILED',
    message: {
      en: `drill ${drill.id} on ${drill.device} failed at the ${stage}: ${message.en}`,
      zh: `演练 ${drill.id}（${drill.device}）失败，环节：${STAGES[stage]}。${message.zh}`,
    },
    details: { drill: drill.id, run: id, device: drill.device, condition: drill.expect, stage, alarm },
    to: drill.failTo,
  };
}

const STAGES = {
  broker: '接入',
  rule: '规则',
  delivery: '送达',
  acknowledgement: '确认',
  end: '结束',
} as const;
