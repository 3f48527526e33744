import type { DrillFacts } from './alerts/drill.ts';
import type { Notice } from './alerts/notice.ts';
import type { ApiPorts } from './api/ports.ts';
import type { Core } from './core.ts';
import { createDrills } from './drills.ts';
import { createExercise, type ExerciseDeps } from './exercise-reading.ts';
import type { AlarmTrace } from './explain/alarm-trace.ts';
import type { Decoded } from './ingest/decode/native.ts';
import { endForgotten, type MaintenanceDeps, maintenanceJobs } from './maintenance.ts';
import type { Metrics } from './metrics.ts';
import type { Alarm } from './model/alarm.ts';
import type { Configuration } from './model/configuration.ts';
import { AppError } from './model/error.ts';
import { assessmentPage } from './report/assessment-page.ts';
import { assess } from './report/gather.ts';
import { createReports } from './report/reports.ts';
import type { Clock } from './runtime/clock.ts';
import type { Batch, Environment } from './runtime/database.ts';
import type { Logger } from './runtime/log.ts';
import { createSchedules } from './schedule.ts';
import { createStatistics } from './statistics.ts';
import { watchStatistics } from './statistics-figures.ts';
import type { ReadingStore } from './store/port.ts';

export interface OperationDeps {
  /** The one in force; another after a reload. */
  readonly configuration: () => Configuration;
  readonly environment: Environment;
  readonly core: Core;
  readonly store: Pick<ReadingStore, 'history'>;
  readonly trace: (alarm: Alarm) => Promise<AlarmTrace>;
  readonly addresses: ExerciseDeps['addresses'];
  /** Takes a reading as if it had come on its device's topic; resolves when it is durable. */
  readonly inject: (device: string, payload: string, client: string) => Promise<Decoded>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** The disk failed: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export interface Operation {
  readonly ports: Pick<ApiPorts, 'statistics' | 'reports' | 'drills'>;
  /** Counts, and runs what is due; what was missed is made up. */
  start(): void;
  /** Takes over what another configuration has planned. */
  reconfigured(): void;
  stop(): Promise<void>;
}

/** What is done beside the alarms: figures, the daily assessment, drills and maintenance windows, by their schedules. */
export function createOperation(deps: OperationDeps): Operation {
  const { configuration, core, store, metrics, clock } = deps;
  const { register, now } = core;
  const environment = guarded(deps.environment, deps.onFatal);
  const log = deps.log.child({ component: 'operation' });
  const announce = (notice: Notice, at: number, also: (batch: Batch) => void) => register.announce(notice, at, also);
  const statistics = createStatistics({
    environment,
    events: (filter) => register.listEvents(filter),
    promises: () => configuration().tiers,
    now: clock.now,
    log,
  });
  const reports = createReports({
    environment,
    assess: (at, signal) =>
      assess(
        {
          configuration,
          statistics,
          ruleState: core.ruleState,
          history: (query) => store.history(query),
          register,
          log,
        },
        at,
        signal,
      ),
    announce,
    now,
  });
  const drills = createDrills({
    environment,
    alarms: {
      openAlarms: () => register.openAlarms(),
      get: (id) => register.get(id),
      acknowledge: (id, command, at) => register.acknowledge(id, command, at),
      reset: (id, command, at) => register.reset(id, command, at),
      announce,
    },
    send: createExercise({
      listeners: () => configuration().mqtt.listeners,
      addresses: deps.addresses,
      inject: (device, payload) => inject(device, payload, deps.inject),
    }),
    deliveriesOf: async (alarm) => deliveriesOf(await deps.trace(alarm)),
    now,
    log,
  });
  const maintenance: MaintenanceDeps = { bypasses: register.bypasses, commit: () => register.commit(null), now };
  const schedules = createSchedules({ environment, clock, log });
  const figures = watchStatistics({ metrics, statistics, drills, now: clock.now, log });

  function plan(): void {
    const { report, drills: planned, maintenance: windows, timezone } = configuration();
    const jobs = [...reports.jobs(report), ...drills.jobs(planned), ...maintenanceJobs(windows, maintenance)];
    schedules.set(jobs, timezone);
    endForgotten(windows, maintenance).catch(() => {});
  }

  return {
    ports: { statistics, reports: { list: reports.list, get: reports.get, page: assessmentPage }, drills },
    start() {
      plan();
      statistics.start();
      figures.start();
      drills.start();
      schedules.start();
    },
    reconfigured: plan,
    async stop() {
      await schedules.stop();
      await drills.stop();
      figures.stop();
      await statistics.stop();
    },
  };
}

async function inject(device: string, payload: string, take: OperationDeps['inject']): Promise<void> {
  const [refused] = (await take(device, payload, 'drill')).rejections;
  if (refused) throw new AppError('EXERCISE_NOT_SENT', `${refused.reason}: ${refused.message}`);
}

/** Who was told of an alarm, by itself or in a digest, and when they first had it. */
function deliveriesOf({ events }: AlarmTrace): DrillFacts['deliveries'] {
  const had = new Map<string, number | null>();
  for (const { receiver, state, settledAt } of events.flatMap(({ deliveries, digests }) => [
    ...deliveries,
    ...digests,
  ])) {
    const at = state === 'delivered' ? settledAt : null;
    const known = had.get(receiver) ?? null;
    had.set(receiver, known === null || (at !== null && at < known) ? at : known);
  }
  return [...had].map(([receiver, deliveredAt]) => ({ receiver, deliveredAt }));
}

/** A commit that fails ends the process, whoever asked for it. */
function guarded(environment: Environment, onFatal: (error: unknown) => void): Environment {
  return {
    ...environment,
    async commit(write) {
      try {
        await environment.commit(write);
      } catch (error) {
        onFatal(error);
        throw error;
      }
    },
  };
}
