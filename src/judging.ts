import { subjectOf, subjectOfAlarm } from './alerts/condition-alarm.ts';
import type { Position } from './alerts/ledger.ts';
import { holds } from './alerts/machine/step.ts';
import { clockSet, judgingFailed, type Notice } from './alerts/notice.ts';
import type { Register } from './alerts/register.ts';
import type { Decoder } from './ingest/decode/native.ts';
import type { Journal } from './ingest/journal.ts';
import type { Observer, Resumed } from './ingest/pipeline.ts';
import type { Metrics } from './metrics.ts';
import type { ConditionChange, SuppressionChange } from './model/condition.ts';
import type { Configuration } from './model/configuration.ts';
import type { Reading, Status } from './model/reading.ts';
import { RuleStates, recover } from './recovery.ts';
import { Engine } from './rules/engine.ts';
import type { Environment } from './runtime/database.ts';
import type { Logger } from './runtime/log.ts';

export interface JudgingDeps {
  readonly configuration: Configuration;
  readonly environment: Environment;
  readonly register: Register;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly announce: (notice: Notice) => void;
}

/** What holds by the rules. */
interface InForce {
  /** By what its alarm is about. */
  readonly conditions: Map<string, ConditionChange>;
  readonly suppressions: SuppressionChange[];
}

export type Judging = ReturnType<typeof createJudging>;

/**
 * The consumer of the journal that watches: the rule engine, its saved state, and what its changes make of the alarms.
 * The engine can be replaced by that of another configuration while it runs.
 */
export function createJudging(deps: JudgingDeps) {
  const { register, log, metrics } = deps;
  const states = new RuleStates(deps.environment);
  let engine = createEngine(deps.configuration);
  let processed = 0;
  let muted = false;
  let recovered = false;
  let restated: InForce | null = null;
  let saving: Promise<void> | null = null;
  const failed = new Set<string>();

  function createEngine({ devices, groups, time }: Configuration): Engine {
    const settings = { liveWindowMs: time.liveWindowMs, latenessMs: time.latenessMs };
    return new Engine(devices, settings, told, groups, toldOfSuppression);
  }

  function told(change: ConditionChange): void {
    if (restated) restated.conditions.set(subjectOf(change), change);
    else if (!muted) register.apply(change);
  }

  function toldOfSuppression(change: SuppressionChange): void {
    if (restated) restated.suppressions.push(change);
    else if (!muted) suppress(change);
  }

  /** What may not be hidden is shown. */
  function suppress(change: SuppressionChange): void {
    try {
      register.suppressions.apply(change);
    } catch (error) {
      const { device, suppression } = change;
      log.error({ err: error, device: device.key, suppression: suppression.id }, 'a suppression was refused');
    }
  }

  function position(): Position {
    return { seq: processed, at: engine.now };
  }

  /** A fault of the rules on one reading must not keep the others from being judged; it is told to people. */
  function judge(reading: Reading, seq: number): void {
    try {
      engine.step(reading, seq);
    } catch (error) {
      tellOfFault(reading.device.key, error, seq);
    }
    tellOfFaults();
  }

  /** Faults of delays and silences that ran out: of one device or group each. */
  function tellOfFaults(): void {
    for (const { order, error } of engine.takeFaults()) tellOfFault(order.split('|')[0] ?? order, error, processed);
  }

  /** Logs every fault; people are told of the first of each device, since the next ones say the same. */
  function tellOfFault(key: string, error: unknown, seq: number): void {
    metrics.judgeFailures.inc();
    log.error({ err: error, device: key, seq }, 'a reading could not be judged');
    if (failed.has(key)) return;
    failed.add(key);
    // After the group: what it has raised so far is committed with the position it belongs to.
    setImmediate(() => deps.announce(judgingFailed(key)));
  }

  function commitIfPending(): void {
    if (!register.hasPending) return;
    // A failed commit has already called onFatal, which ends the process.
    register.commit(position()).catch(() => {});
  }

  /** Every condition and suppression in force by the rules of `watching`. */
  function inForceOf(watching: Engine): InForce {
    const found: InForce = { conditions: new Map(), suppressions: [] };
    restated = found;
    try {
      watching.restate(watching.now);
    } finally {
      restated = null;
    }
    return found;
  }

  /**
   * Brings alarms and rules together after the configuration has changed. What a rule says counts; an alarm whose limit
   * or device is gone returns to normal, visibly. What begins to be hidden is hidden before it is told; what is hidden no
   * more is told when it is known to hold.
   */
  function reconcile({ conditions, suppressions }: InForce, at: number): void {
    for (const change of suppressions) suppress(change);
    for (const change of conditions.values()) register.apply(change);
    for (const alarm of [...register.openAlarms()]) {
      if (holds(alarm) && !conditions.has(subjectOfAlarm(alarm))) register.abandon(alarm, at);
    }
    register.suppressions.endOthers(suppressions, at);
    commitIfPending();
  }

  async function saved(save: () => Promise<void>): Promise<void> {
    while (saving) await saving;
    // A failed commit has already called onFatal.
    saving = save()
      .catch(() => {})
      .finally(() => {
        saving = null;
      });
    await saving;
  }

  return {
    /** How far the engine has come. */
    position,
    /** First journal record that a restart would read. */
    floor: () => states.floor,
    judge,

    /** The rules of one device as they stand; null = nothing was ever judged for it. */
    state(key: string, status: Status) {
      const state = engine.state(key, status);
      return state && { at: engine.now, state };
    },

    /** Nobody watched for a time, or the clock was set, which people are told: it would look like a fault of every device. */
    resumed({ downMs, shiftMs }: Resumed, at: number, seq: number): void {
      engine.resume(at, downMs, shiftMs, seq);
      if (shiftMs !== 0 && !muted) setImmediate(() => deps.announce(clockSet(shiftMs)));
    },

    /** Everything up to record `seq` is judged: commits what that has caused. */
    reached(seq: number): void {
      processed = seq;
      commitIfPending();
    },

    /** Lets delays and silences run out until engine time `at`, then what is due about alarms. */
    tick(at: number): void {
      engine.tick(at);
      tellOfFaults();
      register.tick(at);
      commitIfPending();
    },

    /** Saves some of what has changed; to be called every `SAVE_EVERY_MS`. Does nothing while a save is under way. */
    save(): void {
      if (!saving) void saved(() => states.save(engine, register, position()));
    },

    /** Saves all that has changed by now; resolves when it is on disk. */
    // Before the recovery there is nothing to save, and a position of nothing would have the whole journal judged anew.
    saveAll: () => (recovered ? saved(() => states.saveAll(engine, register, position)) : Promise.resolve()),

    /** Restores the state, repeats the journal, and brings the alarms in line with the rules. */
    async recover(journal: Journal, decode: Decoder, observer: Observer): Promise<Position> {
      const mute = (on: boolean) => {
        muted = on;
      };
      const reached = await recover({ engine, register, states, journal, decode, observer, log, mute });
      processed = reached.seq;
      recovered = true;
      reconcile(inForceOf(engine), reached.at);
      return reached;
    },

    /**
     * Goes on with the rules of another configuration, from the next journal record on. State is kept by the ids of
     * devices, points, limits and rules; whatever is judged from here on is judged by the new rules. A failure leaves
     * everything as it was.
     */
    replace(configuration: Configuration): void {
      const next = createEngine(configuration);
      const gone = next.takeOver(engine, processed);
      const inForce = inForceOf(next);
      engine = next;
      states.forget(gone);
      reconcile(inForce, engine.now);
    },
  };
}
