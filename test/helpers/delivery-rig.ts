import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openCapLedger } from '../../src/alerts/delivery/cap-ledger.ts';
import { type DeadLetterReport, deliveryFailedEvent } from '../../src/alerts/delivery/dead-letter.ts';
import {
  createDispatcher,
  type Delivered,
  type DeliveryFailure,
  type Dispatcher,
} from '../../src/alerts/delivery/dispatcher.ts';
import type { Publish } from '../../src/alerts/delivery/mqtt-channel.ts';
import { OUTBOX_LIMITS, type Outbox, type OutboxLimits, openOutbox } from '../../src/alerts/delivery/outbox.ts';
import type { Alarm, AlarmEvent, AlarmEventType, OutboundEvent } from '../../src/model/alarm.ts';
import type { Receiver } from '../../src/model/routing.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import type { WebhookParts } from './receiver.ts';
import { buildReceiver, TEST_WORDING } from './routing.ts';

/** An outbox and a dispatcher on a directory of their own, with what they reported. */
export interface DeliveryRig {
  readonly outbox: Outbox;
  readonly environment: Environment;
  readonly dispatcher: Dispatcher;
  readonly delivered: Delivered[];
  readonly failed: DeliveryFailure[];
  readonly notified: string[];
  readonly reports: DeadLetterReport[];
  readonly faults: unknown[];
  /** Enqueues in one commit and hands over, as the event committer does. */
  publish(events: readonly OutboundEvent[], receivers: readonly string[]): Promise<void>;
  /** Stops, and opens the same directory again. */
  restart(): Promise<DeliveryRig>;
  /** Stops and removes the directory. */
  close(): Promise<void>;
}

export interface DeliveryRigOptions {
  readonly webhooks?: Readonly<Record<string, WebhookParts>>;
  /** Receivers of any kind, beside those. */
  readonly receivers?: readonly Receiver[];
  readonly publish?: Publish;
  readonly clock?: Clock;
  readonly limits?: Partial<OutboxLimits>;
  readonly directory?: string;
  readonly started?: boolean;
}

/** Opens a {@link DeliveryRig}; a dead-letter report becomes a system event to all other receivers. */
export function openRig(options: DeliveryRigOptions): DeliveryRig {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'davylamp-outbox-'));
  const environment = openEnvironment(directory);
  const outbox = openOutbox(environment, { ...OUTBOX_LIMITS, ...options.limits });
  const webhooks = Object.entries(options.webhooks ?? {}).map(([id, parts]) => buildReceiver(id, parts));
  const receivers: readonly Receiver[] = [...webhooks, ...(options.receivers ?? [])];
  const rig = {
    delivered: [] as Delivered[],
    failed: [] as DeliveryFailure[],
    notified: [] as string[],
    reports: [] as DeadLetterReport[],
    faults: [] as unknown[],
  };
  const dispatcher = createDispatcher(receivers, {
    outbox,
    environment,
    clock: options.clock ?? systemClock,
    random: () => 0.5,
    log: pino({ level: 'silent' }),
    version: '0.0.0-test',
    wording: () => TEST_WORDING,
    ledger: openCapLedger(environment),
    publish: options.publish ?? (() => Promise.reject(new Error('no broker here'))),
    onDelivered: (delivered) => rig.delivered.push(delivered),
    onFailed: (failure) => rig.failed.push(failure),
    onNotified: (alarmId) => rig.notified.push(alarmId),
    onDeadLetter(report, batch) {
      rig.reports.push(report);
      const others = receivers.map(({ id }) => id).filter((id) => id !== report.receiver);
      outbox.enqueue(batch, deliveryFailedEvent(`evt_report_${report.eventId}`, report), others);
    },
    onFault: (error) => rig.faults.push(error),
  });
  if (options.started !== false) dispatcher.start();
  return {
    ...rig,
    outbox,
    environment,
    dispatcher,
    async publish(events, to) {
      await environment.commit((batch) => {
        for (const event of events) outbox.enqueue(batch, event, to);
      });
      outbox.committed();
    },
    async restart() {
      await dispatcher.stop();
      await environment.close();
      return openRig({ ...options, directory });
    },
    async close() {
      await dispatcher.stop();
      await environment.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** An alarm event of alarm `alm_{alarm}`; id, key and times follow from alarm and revision. */
export function buildAlarmEvent(
  alarm: string | number,
  type: AlarmEventType = 'raised',
  overrides: Partial<Alarm> & { readonly at?: number } = {},
): AlarmEvent {
  const { at = Date.now(), ...parts } = overrides;
  const revision = parts.revision ?? 1;
  return {
    id: `evt_${alarm}_${revision}`,
    type: `davylamp.alarm.${type}`,
    at,
    by: null,
    comment: null,
    details: null,
    alarm: {
      id: `alm_${alarm}`,
      key: `wujin-gas/cab-${alarm}|outletPressure|high|actual`,
      site: 'wujin-gas',
      device: `cab-${alarm}`,
      profile: 'gas-regulator-cabinet',
      point: 'outletPressure',
      rule: null,
      condition: 'outletPressure.HH',
      direction: 'high',
      level: 2,
      latched: false,
      tier: 'orange',
      baseTier: 'orange',
      state: 'unacknowledged',
      shown: 'unacknowledged',
      bypass: null,
      case: 'open',
      supervised: false,
      nuisance: null,
      status: 'actual',
      value: 4.1,
      unit: 'kPa',
      limit: 4,
      measured: null,
      quality: 'good',
      message: { en: 'Outlet pressure 4.1 kPa, limit 4 kPa', zh: '出口压力 4.1 kPa,限值 4 kPa' },
      why: { cause: 'regulator fails open', action: 'close the inlet valve', responseTimeMs: 600_000 },
      title: { en: 'Cabinet', zh: '调压柜' },
      location: { lon: 119.94, lat: 31.7, datum: 'WGS-84' },
      grid: '320412',
      tags: [],
      ruleVersion: 'a1b2c3',
      occurredAt: at - 5000,
      receivedAt: at - 4000,
      raisedAt: at,
      notifiedAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      annunciatedAt: at,
      annunciatedTier: 'orange',
      escalations: 0,
      escalatedMs: null,
      repeatedAt: null,
      returnedAt: null,
      journalSeq: 7,
      occurrences: 1,
      revision,
      ...parts,
    },
  };
}
