import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggedEvent } from '../../src/alerts/alarm-log.ts';
import type { EscalationOf } from '../../src/alerts/follow-ups.ts';
import type { Terms } from '../../src/alerts/policy/governor.ts';
import type { Reach } from '../../src/alerts/policy/reach.ts';
import { Register } from '../../src/alerts/register.ts';
import type { Alarm } from '../../src/model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../../src/model/condition.ts';
import type { Device } from '../../src/model/device.ts';
import { AppError } from '../../src/model/error.ts';
import type { Status } from '../../src/model/reading.ts';
import type { Tier } from '../../src/model/tier.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { buildTerms } from './terms.ts';
import { buildLimit, watchedDevice } from './watched.ts';

/** A register on a directory of its own, with what it logged and handed to the notifier. */
export interface RegisterRig {
  register: Register;
  readonly events: LoggedEvent[];
  readonly sent: { readonly type: string; readonly reach: Reach; readonly alarm: Alarm | null }[];
  readonly settings: { terms: Terms; escalationOf: EscalationOf };
  /** The condition of a device's point comes to a tier, or is over (null), and is committed. */
  change(at: number, tier: Tier | null, device?: Device, status?: Status): Promise<void>;
  tick(at: number): Promise<void>;
  /** What the last process had committed, taken up by a new one. */
  restart(): Promise<void>;
  /** The alarm of the device's point that is open. */
  open(device?: Device): Alarm;
  /** Types logged so far, without `davylamp.alarm.`. */
  types(): string[];
  close(): Promise<void>;
}

export const RIG_DEVICE = watchedDevice({ limits: [buildLimit('H', 3)] });

const RANKS: Readonly<Record<Tier, number>> = { blue: 1, yellow: 2, orange: 3, red: 4 };

export function openRegisterRig(): RegisterRig {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-register-'));
  let environment: Environment = openEnvironment(directory);
  let seq = 0;
  const sent: RegisterRig['sent'] = [];
  const events: LoggedEvent[] = [];
  const settings: { terms: Terms; escalationOf: EscalationOf } = { terms: buildTerms(), escalationOf: () => [] };
  const opened = () =>
    new Register({
      environment,
      notifier: {
        enqueue: (_, event, reach) =>
          void sent.push({ type: event.type, reach, alarm: 'alarm' in event ? event.alarm : null }),
        committed: () => {},
      },
      terms: () => settings.terms,
      escalationOf: (alarm, at) => settings.escalationOf(alarm, at),
      onFatal: (error) => {
        throw error;
      },
      onEvent: (event) => events.push(event),
    });
  const rig: RegisterRig = {
    register: opened(),
    events,
    sent,
    settings,
    async change(at, tier, device = RIG_DEVICE, status = 'actual') {
      seq++;
      rig.register.apply({ ...buildChange(device, at, tier, seq), status });
      await rig.register.commit({ seq, at });
    },
    async tick(at) {
      rig.register.tick(at);
      if (rig.register.hasPending) await rig.register.commit(null);
    },
    async restart() {
      await environment.close();
      environment = openEnvironment(directory);
      rig.register = opened();
    },
    open(device = RIG_DEVICE) {
      const found = [...rig.register.openAlarms()].find((alarm) => alarm.device === device.id);
      if (!found) throw new AppError('ALARM_UNKNOWN', `no alarm of ${device.id} is open`);
      return found;
    },
    types: () => events.map(({ type }) => type.replace('davylamp.alarm.', '')),
    async close() {
      await environment.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return rig;
}

/** The condition of a device's point is of a tier from `at` on; null = over. */
export function buildChange(device: Device, at: number, tier: Tier | null, seq = 1): ConditionChange {
  const level: ActiveLevel | null = tier && {
    condition: RANKS[tier] > 2 ? 'p.HH' : 'p.H',
    rank: RANKS[tier],
    tier,
    limit: 3,
    latch: false,
    measured: null,
  };
  const sample = { value: 3.5, quality: 'good', occurredAt: at, receivedAt: at, effectiveAt: at, at } as const;
  const point = device.points[0] ?? null;
  return { device, point, rule: null, direction: 'high', status: 'actual', level, journalSeq: seq, ...sample };
}
