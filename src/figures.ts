import type { Outbox } from './alerts/delivery/outbox.ts';
import type { Distribution } from './alerts/distribution.ts';
import type { Broker } from './broker/broker.ts';
import type { Core } from './core.ts';
import type { Metrics } from './metrics.ts';

/** Figures of the broker that go down too; the others only grow. */
const MQTT_HELD = new Set(['connections', 'inFlight', 'inFlightBytes', 'offlineMessages']);

/** Whose figures are shown. */
export interface FigureSources {
  readonly metrics: Metrics;
  readonly core: Core;
  readonly outbox: Outbox;
  readonly distribution: Distribution;
  readonly broker: Broker;
  /** Of the configuration in force. */
  readonly version: () => string;
}

/** Shows what the parts of the process know of themselves, looked up when it is asked for. */
export function watchFigures({ metrics, core, outbox, distribution, broker, version }: FigureSources): void {
  const { gauge, gauges, counts } = metrics;
  gauges('davylamp_configuration_version', 'The configuration in force: always 1', 'version', () => [[version(), 1]]);
  gauges('davylamp_consumer_lag_messages', 'Journal records not yet taken, by consumer', 'consumer', () =>
    Object.entries(core.lag()),
  );
  gauge('davylamp_journal_bytes', 'Bytes of messages in the journal', () => core.journal.bytes());
  gauge('davylamp_store_available', '1 while the reading store takes writes', () =>
    core.writer.lag().storeAvailable ? 1 : 0,
  );
  gauge('davylamp_open_alarms', 'Alarms that are not over', () => [...core.register.openAlarms()].length);
  gauge('davylamp_dead_letters', 'Rejections on file', () => core.deadLetters.count());
  gauge('davylamp_dead_letters_evicted', 'Rejections that made room for newer ones since the start', () =>
    core.deadLetters.evicted(),
  );
  gauges('davylamp_deliveries_pending', 'Notifications waiting, by receiver', 'receiver', () =>
    outbox.counts().map(({ receiver, pending }) => [receiver, pending] as const),
  );
  gauges('davylamp_deliveries_dead', 'Notifications given up, by receiver', 'receiver', () =>
    outbox.counts().map(({ receiver, dead }) => [receiver, dead] as const),
  );
  gauges('davylamp_floods', '1 while a receiver is in an alarm flood', 'receiver', () =>
    distribution.desks().map(({ receiver, floodSince }) => [receiver, floodSince === null ? 0 : 1] as const),
  );
  gauges('davylamp_held_waiting', 'Alarm events waiting for a digest, by receiver', 'receiver', () =>
    distribution.desks().map(({ receiver, waiting }) => [receiver, waiting] as const),
  );
  counts('davylamp_mqtt_refusals_total', 'What the broker refused, by reason', 'reason', () =>
    Object.entries(broker.counters().refusals),
  );
  const mqtt = (wanted: (name: string) => boolean) =>
    Object.entries(broker.counters()).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && wanted(entry[0]),
    );
  gauges('davylamp_mqtt', 'What the broker holds now', 'what', () => mqtt((name) => MQTT_HELD.has(name)));
  counts('davylamp_mqtt_total', 'What the broker has counted', 'what', () => mqtt((name) => !MQTT_HELD.has(name)));
}
