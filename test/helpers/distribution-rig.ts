import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { ChainedEvent, LoggedEvent } from '../../src/alerts/alarm-log.ts';
import type { Notification } from '../../src/alerts/delivery/notification.ts';
import { type Outbox, openOutbox } from '../../src/alerts/delivery/outbox.ts';
import { createDistribution, type Distribution } from '../../src/alerts/distribution.ts';
import type { Reach } from '../../src/alerts/policy/reach.ts';
import type { Alarm, AlarmEvent, Digest } from '../../src/model/alarm.ts';
import { createWallClock } from '../../src/model/local-time.ts';
import type { Routing } from '../../src/model/routing.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';

/** A distribution in front of a real outbox, with a log of what was enqueued. */
export interface DistributionRig {
  readonly outbox: Outbox;
  readonly distribution: Distribution;
  readonly held: string[];
  /** Events that reached nobody. */
  readonly inhibited: number;
  /** Logs events one after the other in one commit. */
  log(events: readonly AlarmEvent[], reach?: Exclude<Reach, 'none'>): Promise<void>;
  tick(at: number): Promise<void>;
  /** What the outbox has for a receiver, oldest first, types without `davylamp.`. */
  told(receiver: string): string[];
  notifications(receiver: string): readonly Notification[];
  /** The digests of a receiver, as the bodies have them. */
  digests(receiver: string): readonly Pick<Digest, 'events' | 'reasons' | 'alarms' | 'firstOut' | 'log' | 'lines'>[];
  /** What was committed, taken up by a new process with this routing. */
  restart(routing: Routing): Promise<void>;
  close(): Promise<void>;
}

export function openDistributionRig(routing: Routing): DistributionRig {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-distribution-'));
  let environment: Environment = openEnvironment(directory);
  const logged: LoggedEvent[] = [];
  const alarms = new Map<string, Alarm>();
  const worst = new Map<string, Alarm['tier']>();
  const held: string[] = [];
  const faults: unknown[] = [];
  let inhibited = 0;
  const opened = (first: Routing) => {
    const outbox = openOutbox(environment);
    const distribution = createDistribution({
      environment,
      outbox,
      alarms: {
        openAlarms: () => alarms.values(),
        get: (id) => alarms.get(id) ?? null,
        worstTier: ({ id, tier }) => worst.get(id) ?? tier,
        eventAt: (sequence) => logged[sequence - 1],
      },
      wallClock: createWallClock('Asia/Shanghai'),
      log: pino({ level: 'silent' }),
      onHeld: (receiver, reason) => held.push(`${receiver} ${reason}`),
      onInhibited: () => {
        inhibited++;
      },
      onUnrouted: () => {},
      onFault: (error) => faults.push(error),
    });
    distribution.start(first);
    return { outbox, distribution };
  };
  let now = opened(routing);
  const notifications = (receiver: string) => [...now.outbox.list({ receiver, limit: 500 }).items].reverse();
  return {
    get outbox() {
      return now.outbox;
    },
    get distribution() {
      return now.distribution;
    },
    get inhibited() {
      return inhibited;
    },
    held,
    async log(events, reach = 'all') {
      await environment.commit((batch) => {
        for (const event of events) {
          const chained: ChainedEvent = { ...event, sequence: logged.length + 1, hash: '0' };
          logged.push(chained);
          const { alarm } = event;
          if (alarm.tier === 'red') worst.set(alarm.id, 'red');
          if (alarm.state === 'normal') alarms.delete(alarm.id);
          else alarms.set(alarm.id, alarm);
          now.distribution.enqueue(batch, chained, reach);
        }
      });
      now.distribution.committed();
    },
    async tick(at) {
      now.distribution.tick(at);
      // Commits are durable in the order of the calls.
      await environment.commit(() => {});
      if (faults.length > 0) throw faults[0];
    },
    notifications,
    told: (receiver) => notifications(receiver).map(({ type }) => type.replace('davylamp.', '')),
    digests: (receiver) =>
      notifications(receiver)
        .filter(({ type }) => type === 'davylamp.digest')
        .map((notification) => JSON.parse(String(now.outbox.body(notification))).data.digest),
    async restart(next) {
      await environment.close();
      environment = openEnvironment(directory);
      now = opened(next);
    },
    async close() {
      await environment.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
