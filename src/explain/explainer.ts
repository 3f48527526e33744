import type { AlarmFilter } from '../alerts/alarm-log.ts';
import type { Alarm } from '../model/alarm.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import { AppError, hasCode } from '../model/error.ts';
import type { Status } from '../model/reading.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ScanSource } from '../store/scan.ts';
import { answerOf, answerOfAlarm } from './answer.ts';
import type { Explanation, Question } from './explanation.ts';
import { lookbackOf } from './lookback.ts';
import { membersOf } from './members.ts';
import { aboutAlarm, aboutDevice, aboutPoint } from './question.ts';
import { type Past, type Replayed, readPast, replay } from './replay.ts';

/** Explanations worked out at once; more are refused. */
const MOST_AT_ONCE = 2;
const DEADLINE_MS = 10_000;
/** What the rules have judged is mostly in the store a little later: so long it is waited for. */
const CATCH_UP_MS = 1_500;
const CATCH_UP_STEP_MS = 25;

/** What explaining asks of the rest; app.ts gives it. */
export interface ExplainerDeps {
  /** The one in force. */
  configuration(): Configuration;
  readonly store: ScanSource;
  /** The rules of a device as they stand, and their engine time; null = nothing was ever judged. */
  ruleState(deviceKey: string, status: Status): { readonly at: number; readonly state: DeviceSnapshot } | null;
  /** Journal record up to which the store has everything. */
  storedUpTo(): number;
  readonly alarms: {
    get(id: string): Alarm | null;
    list(filter: AlarmFilter): { readonly items: readonly Alarm[] };
  };
  /** When what an alarm says now came into force, epoch milliseconds. */
  lastRaised(alarm: Alarm): Promise<number>;
  readonly clock: Clock;
  /** Shorter in tests. */
  readonly deadlineMs?: number;
}

/**
 * Says why there is an alarm, or none. Times are epoch milliseconds; `at` null = now, and for an alarm when what it says
 * came into force.
 *
 * Each throws AppError `EXPLANATION_BUSY`, `EXPLANATION_LATE`, `TIME_INVALID`.
 */
export interface Explainer {
  /** @throws AppError `ALARM_UNKNOWN` */
  alarm(id: string, at: number | null): Promise<Explanation>;
  /** @throws AppError `POINT_UNKNOWN` */
  point(device: Device, point: string, at: number | null): Promise<Explanation>;
  /** @throws AppError `RULE_UNKNOWN` */
  device(device: Device, rule: string | null, at: number | null): Promise<Explanation>;
}

/** Makes explanations of the running rules and the stored readings, a few at a time. */
export function createExplainer(deps: ExplainerDeps): Explainer {
  const { clock, alarms } = deps;
  let underWay = 0;

  async function bounded(work: (signal: AbortSignal) => Promise<Explanation>): Promise<Explanation> {
    if (underWay >= MOST_AT_ONCE) {
      throw new AppError('EXPLANATION_BUSY', `${MOST_AT_ONCE} explanations are being worked out: ask again`);
    }
    underWay++;
    const deadline = AbortSignal.timeout(deps.deadlineMs ?? DEADLINE_MS);
    try {
      return await work(deadline);
    } catch (error) {
      if (!deadline.aborted || !hasCode(error, 'SCAN_CANCELLED')) throw error;
      throw new AppError('EXPLANATION_LATE', 'the store did not give the readings in time: ask again later');
    } finally {
      underWay--;
    }
  }

  async function explain(question: Question, signal: AbortSignal): Promise<Explanation> {
    const { device, status, watched } = question;
    const now = clock.now();
    if (question.at !== null && question.at > now) {
      throw new AppError('TIME_INVALID', '"at" is in the future: leave it out for now');
    }
    const { time, timezone } = deps.configuration();
    const known = deps.ruleState(device.key, status);
    const live = question.at === null ? known : null;
    const behind = live !== null && !(await caughtUp(live.state.seq, signal));
    const at = question.at ?? Math.max(now, live?.at ?? 0);
    const back = lookbackOf(question);
    const span = { from: Math.floor(at - back.ms), to: at, aheadMs: time.futureToleranceMs };
    const past = await pastOf(device, span, signal);
    const conditions = new Set(watched.map(({ condition }) => condition));
    const judged = past && (await replay(device, past, span, { settings: time, status, conditions }));
    const state = live?.state ?? judged?.state ?? NOTHING;
    const evaluations = judged?.evaluations ?? [];
    const readings = past?.readings ?? [];
    return answerOf({
      question,
      at,
      basis: live ? 'live' : 'replay',
      state,
      sources: { readings, liveWindowMs: time.liveWindowMs, evaluations, live: live?.state ?? null },
      evaluations,
      openAlarms: openOf(device.site, device.id),
      journalSeq: known?.state.seq ?? null,
      span: past && { from: span.from, to: at, readings: readings.length, cut: past.cut },
      timezone,
      cut: past?.cut ?? false,
      memoryBeyond: back.beyond,
      storeAvailable: past !== null,
      behind,
      replayed: comparable(live?.state ?? null, judged),
    });
  }

  /** null = the store cannot be asked: the running rules still answer for now. */
  async function pastOf(
    device: Device,
    span: Parameters<typeof readPast>[2],
    signal: AbortSignal,
  ): Promise<Past | null> {
    try {
      return await readPast(deps.store, device, span, signal);
    } catch (error) {
      if (hasCode(error, 'STORE_UNAVAILABLE') || hasCode(error, 'STORE_SCHEMA_CONFLICT')) return null;
      throw error;
    }
  }

  async function caughtUp(seq: number, signal: AbortSignal): Promise<boolean> {
    const until = clock.now() + CATCH_UP_MS;
    while (deps.storedUpTo() < seq) {
      if (signal.aborted || clock.now() >= until) return false;
      await clock.sleep(CATCH_UP_STEP_MS, signal);
    }
    return true;
  }

  function openOf(site: string, device: string): readonly Alarm[] {
    return alarms.list({ site, device, limit: 50 }).items;
  }

  async function explainAlarm(id: string, at: number | null, signal: AbortSignal): Promise<Explanation> {
    const alarm = alarms.get(id);
    if (!alarm) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${id}`);
    const { devices, groups } = deps.configuration();
    const key = `${alarm.site}/${alarm.device}`;
    const device = devices.get(key);
    const when = at ?? (await deps.lastRaised(alarm));
    if (device) return await explain(aboutAlarm(device, alarm, when), signal);
    const stateOf = (member: string) => deps.ruleState(member, alarm.status)?.state ?? null;
    const members = membersOf(groups, alarm, { devices, stateOf, now: clock.now() });
    return answerOfAlarm(alarm, openOf(alarm.site, alarm.device), members, when);
  }

  return {
    alarm: (id, at) => bounded((signal) => explainAlarm(id, at, signal)),
    point: (device, point, at) => bounded((signal) => explain(aboutPoint(device, point, at), signal)),
    device: (device, rule, at) => bounded((signal) => explain(aboutDevice(device, rule, at), signal)),
  };
}

const NOTHING: DeviceSnapshot = { seq: 0, seenAt: 0, absent: false, points: {}, rules: {} };

/** Two states can be compared where both are there. */
function comparable(live: DeviceSnapshot | null, judged: Replayed | null): DeviceSnapshot | null {
  return live && judged ? judged.state : null;
}
