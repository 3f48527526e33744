import { join } from 'node:path';
import type { LoggedEvent } from './alerts/alarm-log.ts';
import { openCapLedger } from './alerts/delivery/cap-ledger.ts';
import { deliveryFailedEvent } from './alerts/delivery/dead-letter.ts';
import { createDispatcher } from './alerts/delivery/dispatcher.ts';
import { openOutbox } from './alerts/delivery/outbox.ts';
import { createDistribution } from './alerts/distribution.ts';
import { escalationOf } from './alerts/policy/route.ts';
import { createServer } from './api/server.ts';
import { createBroker } from './broker/broker.ts';
import { createCore } from './core.ts';
import { lastRaised, traceAlarm } from './explain/alarm-trace.ts';
import { createExplainer } from './explain/explainer.ts';
import { watchFigures } from './figures.ts';
import type { Decoded } from './ingest/decode/native.ts';
import { telemetryTopic } from './ingest/wire.ts';
import { createMetrics } from './metrics.ts';
import type { Configuration } from './model/configuration.ts';
import type { AppError } from './model/error.ts';
import { createWallClock } from './model/local-time.ts';
import type { Loaded, ReloadOutcome } from './model/reload.ts';
import { createOperation } from './operation.ts';
import { operatorPorts } from './operators.ts';
import { receiverPorts, traceSources } from './proof.ts';
import { createReload } from './reload.ts';
import type { Clock } from './runtime/clock.ts';
import { openEnvironment } from './runtime/database.ts';
import { lockDirectory } from './runtime/directory-lock.ts';
import { ulidOf } from './runtime/identity.ts';
import type { Logger } from './runtime/log.ts';
import { createStore, diskFailure, openStore } from './storage.ts';
import { createRetention } from './store/retention.ts';

export interface AppDeps {
  readonly dataDirectory: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** The disk failed: the process must end; nothing more is acknowledged. */
  readonly onFatal: (error: AppError) => void;
  readonly faultPoint: (name: string) => void;
  /** Reads and checks the configuration again, for a reload. */
  readonly load: () => Loaded;
}

export interface App {
  /** Recovers, then listens. */
  start(): Promise<void>;
  /** Takes over what the configuration says now, or goes on as before and says why. */
  reload(by: ReloadOutcome['by']): Promise<ReloadOutcome>;
  /** Takes nothing new, finishes what it can in a few seconds; the rest waits on disk. */
  stop(): Promise<void>;
  addresses(): { mqtt: readonly { host: string; port: number }[]; http: { host: string; port: number } };
}

/**
 * Puts the parts together; nothing runs until `start`.
 *
 * @throws AppError when the data directory is in use or a database cannot be opened
 */
export function createApp(initial: Configuration, deps: AppDeps): App {
  const { dataDirectory, version, clock, log, random } = deps;
  let configuration = initial;
  const unlock = lockDirectory(dataDirectory);
  const metrics = createMetrics();
  const environment = openEnvironment(join(dataDirectory, 'state'));
  const outbox = openOutbox(environment);
  const receiverIds = () => configuration.routing.receivers.map((receiver) => receiver.id);
  const wallClock = createWallClock(initial.timezone);
  const listeners = new Set<(event: LoggedEvent) => void>();
  const fatal = (error: unknown) => deps.onFatal(diskFailure(error));

  const distribution = createDistribution({
    environment,
    outbox,
    alarms: {
      openAlarms: () => core.register.openAlarms(),
      get: (id) => core.register.get(id),
      worstTier: ({ id }) => core.register.caseOf(id).tier,
      eventAt: (sequence) => core.register.eventAt(sequence),
    },
    wallClock,
    log: log.child({ component: 'distribution' }),
    onHeld: (receiver, reason) => metrics.held.inc({ receiver, reason }),
    onInhibited: () => metrics.inhibited.inc(),
    onUnrouted: () => metrics.unrouted.inc(),
    onFault: fatal,
  });
  const store = createStore(initial, deps);
  const core = createCore({
    configuration,
    dataDirectory,
    environment,
    notifier: distribution,
    escalationOf: (alarm, at) =>
      escalationOf(configuration.routing, alarm, { since: wallClock(alarm.annunciatedAt ?? at), now: wallClock(at) }),
    onTick: distribution.tick,
    store,
    clock,
    random,
    log,
    metrics,
    onEvent(event) {
      if ('alarm' in event) {
        const { id, tier, condition, site, device } = event.alarm;
        log.info({ alarm: id, tier, condition, site, device }, event.type);
      }
      for (const listener of listeners) listener(event);
    },
    onFatal: fatal,
    faultPoint: deps.faultPoint,
  });
  const dispatcher = createDispatcher(configuration.routing.receivers, {
    outbox,
    environment,
    clock,
    random,
    log: log.child({ component: 'delivery' }),
    version,
    wording: () => configuration,
    ledger: openCapLedger(environment),
    publish: (topic, payload) => broker.publish(topic, payload),
    onDelivered({ receiver, notification, latencyMs, attempts }) {
      deps.faultPoint('delivery-after-response');
      metrics.deliveries.inc({ receiver, result: 'delivered' });
      const firstTime = attempts === 1 && notification.pendingSince === notification.at;
      if (firstTime) metrics.latency.observe(latencyMs / 1000);
    },
    onFailed: ({ receiver }) => metrics.deliveries.inc({ receiver, result: 'failed' }),
    onNotified: (id, at) => {
      core.register.notified(id, at).catch(() => {});
    },
    onDeadLetter(report, batch) {
      metrics.deliveries.inc({ receiver: report.receiver, result: 'dead' }, report.count);
      const id = `evt_${ulidOf(report.at, report.receiver, report.eventId, report.count)}`;
      const others = receiverIds().filter((receiver) => receiver !== report.receiver);
      outbox.enqueue(batch, deliveryFailedEvent(id, report), others);
    },
    onFault: fatal,
  });
  const broker = createBroker({
    settings: configuration.mqtt,
    accounts: configuration.accounts,
    onEnvelope: ({ topic, payload, client, oversized }, done) =>
      core.append({ topic, payload, client, oversized, receivedAt: core.now() }, done),
    clock,
    log: log.child({ component: 'broker' }),
  });
  const retention = createRetention({
    store,
    settings: configuration.store,
    timezone: configuration.timezone,
    directory: dataDirectory,
    clock,
    log: log.child({ component: 'retention' }),
  });
  const reload = createReload({
    load: deps.load,
    running: () => configuration,
    store,
    apply,
    announce: core.announce,
    count: (result) => metrics.reloads.inc({ result }),
    clock,
    log: log.child({ component: 'configuration' }),
  });
  const traces = traceSources(core, outbox);
  const operation = createOperation({
    configuration: () => configuration,
    environment,
    core,
    store,
    trace: (alarm) => traceAlarm(alarm, traces),
    addresses: () => broker.addresses(),
    inject: ingest,
    metrics,
    clock,
    log,
    onFatal: fatal,
  });
  const explainer = createExplainer({
    configuration: () => configuration,
    store,
    ruleState: core.ruleState,
    storedUpTo: core.storedUpTo,
    alarms: core.register,
    lastRaised: (alarm) => lastRaised(alarm, traces),
    clock,
  });
  const server = createServer(
    {
      get configuration() {
        return configuration;
      },
      reload,
      metrics: metrics.registry,
      readiness,
      ...operatorPorts(core.register, core.now),
      events: {
        list: (filter) => core.register.listEvents(filter),
        follow(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      ...operation.ports,
      rejections: core.deadLetters,
      deliveries: outbox,
      receivers: receiverPorts({ configured: () => configuration.routing.receivers, outbox, dispatcher, distribution }),
      explain: { ...explainer, trace: (alarm) => traceAlarm(alarm, traces) },
      deviceStatus: core.deviceStatus,
      history: (query) => store.history(query),
      ingest,
    },
    configuration.http,
    { log: log.child({ component: 'api' }), version, clock },
  );
  let listening = false;
  watchFigures({ metrics, core, outbox, distribution, broker, version: () => configuration.version });

  /** First what may fail: then all of it counts from one message to the next. */
  async function apply(next: Configuration): Promise<void> {
    broker.renewCertificates();
    const before = configuration;
    // What the changed rules raise or end is routed by the new routes.
    configuration = next;
    distribution.update(next.routing);
    try {
      core.reconfigure(next);
    } catch (error) {
      configuration = before;
      distribution.update(before.routing);
      throw error;
    }
    dispatcher.update(next.routing.receivers);
    broker.setAccounts(next.accounts);
    store.configure(next.profiles);
    await core.saveState();
    operation.reconfigured();
  }

  function ingest(deviceKey: string, text: string, client: string): Promise<Decoded> {
    const payload = Buffer.from(text);
    const envelope = { topic: telemetryTopic(deviceKey), payload, client, oversized: null, receivedAt: core.now() };
    return new Promise((resolve, reject) => {
      core.append(envelope, (error) => (error ? reject(error) : resolve(core.decode(envelope))));
    });
  }

  function readiness() {
    const lag = core.writer.lag();
    const parts = {
      listening: { ok: listening, detail: listening ? 'accepting' : 'starting or stopping' },
      journal: {
        ok: !core.journal.isFull(),
        detail: core.journal.isFull() ? 'full: nothing is acknowledged' : 'writable',
      },
      store: {
        ok: lag.storeAvailable,
        detail: lag.storeAvailable ? 'writable' : 'unavailable: readings wait in the journal',
      },
    };
    return { ready: parts.listening.ok && parts.journal.ok, parts };
  }

  return {
    async start() {
      distribution.start(configuration.routing);
      const opening = store.start();
      // Looked at once the rules, which keep this thread busy, have taken up their state: it opens in threads of its own.
      opening.catch(() => {});
      const reached = await core.recover();
      await openStore(opening, clock, log);
      await core.start(reached);
      dispatcher.start();
      retention.start();
      await server.start();
      await broker.start();
      listening = true;
      operation.start();
    },
    async stop() {
      listening = false;
      await operation.stop();
      await broker.stop();
      await server.stop();
      await retention.stop();
      await core.stop();
      await dispatcher.stop();
      await store.stop();
      await environment.close();
      unlock();
    },
    reload: (by) => reload.now(by),
    addresses: () => ({ mqtt: broker.addresses(), http: server.address() }),
  };
}
