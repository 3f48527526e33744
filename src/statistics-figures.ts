import { DAY_MS, HOUR_MS, TEN_MINUTES_MS } from './alerts/statistics/load.ts';
import type { Drills } from './drills.ts';
import type { Metrics } from './metrics.ts';
import { TIERS } from './model/tier.ts';
import type { Logger } from './runtime/log.ts';
import type { Statistics, StatisticsAnswer } from './statistics.ts';

export interface StatisticsFiguresDeps {
  readonly metrics: Metrics;
  readonly statistics: Pick<Statistics, 'ask'>;
  readonly drills: Pick<Drills, 'last' | 'counts'>;
  readonly now: () => number;
  readonly log: Logger;
}

const EVERY_MS = 15_000;

/** Shows the figures of alarm management and of drills. They are worked out every 15 s, not while they are scraped. */
export function watchStatistics({ metrics, statistics, drills, now, log }: StatisticsFiguresDeps) {
  const { gauge, gauges, counts } = metrics;
  let minutes: StatisticsAnswer | null = null;
  let hour: StatisticsAnswer | null = null;
  let day: StatisticsAnswer | null = null;
  let timer: NodeJS.Timeout | null = null;

  async function work(): Promise<void> {
    const to = now();
    const ask = (ms: number) => statistics.ask({ from: to - ms, to, operators: 1, by: null });
    [minutes, hour, day] = [await ask(TEN_MINUTES_MS), await ask(HOUR_MS), await ask(DAY_MS)];
  }

  gauge(
    'davylamp_alarm_calls_10m',
    'Raises, escalations and re-alarms of the last 10 minutes',
    () => minutes?.all.calls ?? 0,
  );
  gauge('davylamp_alarm_calls_1h', 'Raises, escalations and re-alarms of the last hour', () => hour?.all.calls ?? 0);
  gauge(
    'davylamp_alarm_floods_1d',
    'Alarm floods of the last day (EEMUA 191), for one operator',
    () => day?.all.floods.length ?? 0,
  );
  gauge('davylamp_alarm_flood_share_1d', 'Part of the last day in flood, 0 to 1', () => day?.all.floodShare ?? 0);
  gauge('davylamp_alarms_stale', 'Alarms in force for 24 h or more', () => day?.all.staleNow ?? 0);
  gauge(
    'davylamp_alarms_chattering_1h',
    'Alarms raised 3 times in a minute within the last hour',
    () => hour?.all.chattering.length ?? 0,
  );
  gauge('davylamp_alarms_hidden', 'Alarms in force that a bypass hides', () => day?.all.hidden.now ?? 0);
  gauges(
    'davylamp_acknowledge_p95_seconds',
    'Time to acknowledge of the last day, 95 % are faster, by tier',
    'tier',
    () =>
      TIERS.flatMap((tier) => {
        const ms = day?.all.acknowledged[tier].p95Ms ?? null;
        return ms === null ? [] : [[tier, ms / 1000] as const];
      }),
  );
  gauges(
    'davylamp_acknowledge_kept_share',
    'Part acknowledged within the promise of the tier in the last day, 0 to 1',
    'tier',
    () =>
      TIERS.flatMap((tier) => {
        const share = day?.all.acknowledged[tier].keptShare ?? null;
        return share === null ? [] : [[tier, share] as const];
      }),
  );
  counts('davylamp_drills_total', 'Drills that are over since the start, by result', 'result', () =>
    Object.entries(drills.counts()),
  );
  gauges('davylamp_drill_passed', '1 where the last run of a drill passed, 0 where it failed', 'drill', () =>
    drills.last().map(({ drill, failure }) => [drill.id, failure ? 0 : 1] as const),
  );
  gauges('davylamp_drill_raised_seconds', 'From the reading to the alarm in the last run', 'drill', () =>
    drills
      .last()
      .flatMap(({ drill, sentAt, raisedAt }) =>
        sentAt === null || raisedAt === null ? [] : [[drill.id, Math.max(0, raisedAt - sentAt) / 1000] as const],
      ),
  );
  gauges('davylamp_drill_delivered_seconds', 'From the alarm to the last receiver in the last run', 'drill', () =>
    drills.last().flatMap(({ drill, raisedAt, delivered }) => {
      const last = Math.max(...Object.values(delivered));
      return raisedAt === null || !Number.isFinite(last)
        ? []
        : [[drill.id, Math.max(0, last - raisedAt) / 1000] as const];
    }),
  );
  gauges('davylamp_drill_acknowledged_seconds', 'From the alarm to its acknowledgement in the last run', 'drill', () =>
    drills
      .last()
      .flatMap(({ drill, raisedAt, acknowledgedAt }) =>
        raisedAt === null || acknowledgedAt === null
          ? []
          : [[drill.id, Math.max(0, acknowledgedAt - raisedAt) / 1000] as const],
      ),
  );

  return {
    start(): void {
      timer ??= setInterval(() => {
        work().catch((error: unknown) => {
          log.error({ err: error }, 'figures of alarm management are old: they could not be worked out');
        });
      }, EVERY_MS);
    },
    stop(): void {
      if (timer) clearInterval(timer);
      timer = null;
    },
  };
}
