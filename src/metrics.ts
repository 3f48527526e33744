import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The figures of the process, in Prometheus' words; names are a contract with dashboards. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    messages: new Counter({
      name: 'davylamp_messages_total',
      help: 'Messages made durable and acknowledged',
      registers,
    }),
    readings: new Counter({ name: 'davylamp_readings_total', help: 'Readings taken', registers }),
    rejections: new Counter({
      name: 'davylamp_rejections_total',
      help: 'Messages, readings or values not taken, by reason',
      labelNames: ['reason'],
      registers,
    }),
    judgeFailures: new Counter({
      name: 'davylamp_judge_failures_total',
      help: 'Readings that the rules failed on: a fault of Davylamp, look at its log',
      registers,
    }),
    alarmEvents: new Counter({
      name: 'davylamp_alarm_events_total',
      help: 'Alarm events, by type and tier',
      labelNames: ['type', 'tier'],
      registers,
    }),
    reloads: new Counter({
      name: 'davylamp_configuration_reloads_total',
      help: 'Reloads of the configuration, by result: applied or refused',
      labelNames: ['result'],
      registers,
    }),
    unrouted: new Counter({
      name: 'davylamp_unrouted_events_total',
      help: 'Alarm events that no route named a receiver for: every receiver was told',
      registers,
    }),
    held: new Counter({
      name: 'davylamp_held_events_total',
      help: 'Alarm events that waited for a digest, by receiver and reason: group, flood, rate or nuisance',
      labelNames: ['receiver', 'reason'],
      registers,
    }),
    inhibited: new Counter({
      name: 'davylamp_inhibited_total',
      help: 'Alarm events that nobody was told of, since another alarm inhibits theirs',
      registers,
    }),
    deliveries: new Counter({
      name: 'davylamp_deliveries_total',
      help: 'Attempts to deliver, by receiver and result',
      labelNames: ['receiver', 'result'],
      registers,
    }),
    latency: new Histogram({
      name: 'davylamp_publish_to_webhook_seconds',
      help: 'From the engine time of an alarm event to the 2xx of a receiver, first attempts only',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600],
      registers,
    }),
    /** A figure that is looked up when it is asked for. */
    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    /** Counts kept elsewhere, by one label, looked up when they are asked for. */
    counts(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
      new Counter({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [key, value] of read()) this.inc({ [label]: key }, value);
        },
      });
    },
    /** Figures by one label, looked up when they are asked for. */
    gauges(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [key, value] of read()) this.set({ [label]: key }, value);
        },
      });
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
