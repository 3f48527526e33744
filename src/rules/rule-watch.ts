import type { ActiveLevel } from '../model/condition.ts';
import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';
import { GoodSamples, isAnyUncertain, worstQuality } from './good-samples.ts';
import {
  areCalm,
  CALM,
  complete,
  createHold,
  distrust,
  earliestDue,
  earliestDueTs,
  excuseHold,
  firstDue,
  type Hold,
  type HoldSnapshot,
  isActive,
  judge,
  restoreHold,
  shiftHold,
  snapshotHold,
  suspend,
  type Verdict,
} from './hold.ts';
import { createMeasure } from './kinds.ts';
import type { Measure } from './measure.ts';
import type { Outcome } from './point-watch.ts';
import type { Samples } from './samples.ts';
import { areAwaited, isOnlySilent, wasSilent } from './silence.ts';
import type { Trace } from './trace.ts';

/** Told when the worst step in force of a rule changes; null = none holds. */
export type RuleSink = (watch: RuleWatch, level: ActiveLevel | null, effectiveAt: number) => void;

/** State of one rule as plain data. */
export interface RuleSnapshot {
  measured: number | null;
  holds: HoldSnapshot[];
  measure?: unknown;
  /** What the rule looks at. */
  subject?: string;
}

/** One rule of one device: its measure, and a hold for each step. */
export class RuleWatch {
  readonly rule: Rule;
  readonly measure: Measure;
  /** NaN = nothing could be said; a plain double is overwritten in place and makes no garbage. */
  private lastMeasured = Number.NaN;
  active: RuleLevel | null = null;
  /** Number of the reading that touched it last, so that a reading with several inputs is judged once. */
  touched = 0;
  trace: Trace | null = null;
  /** One a step; {@link CALM} while all are inactive. */
  private holds: readonly Hold[] = CALM;
  private readonly points: readonly Point[];

  constructor(rule: Rule, points: readonly Point[]) {
    this.rule = rule;
    this.points = points;
    this.measure = createMeasure(rule, points);
  }

  /** What was measured last; null = nothing could be said. */
  get measured(): number | null {
    return Number.isNaN(this.lastMeasured) ? null : this.lastMeasured;
  }

  /** Takes a sample of an input in reading number `reading`. A late one goes to its place, and changes nothing now. */
  take(index: number, value: Value, quality: Quality, ts: number, outcome: Outcome, reading: number): void {
    const { measure } = this;
    if (outcome === 'late') {
      measure.observeLate?.(index, value, ts);
      return;
    }
    if (outcome === 'clockSetBack') measure.forget?.();
    this.touched = reading;
    if (measure.ofQuality || quality !== 'bad') measure.observe?.(index, value, quality, ts);
  }

  /** Judges as of source time `ts`, after every new sample was observed. */
  judge(samples: Samples, ts: number, at: number, sink: RuleSink): void {
    this.complete('dueTs', ts, at, samples, sink);
    const { measure } = this;
    const { onBad, levels } = this.rule;
    const quality = measure.ofQuality ? 'good' : worstQuality(samples, measure.inputs);
    const measured = quality === 'bad' && !measure.weighsQuality ? null : measure.evaluate(samples, ts);
    const isBlind = quality === 'bad' && measured === null;
    const failed = isBlind && onBad === 'alarm' && !areAwaited(samples, measure.inputs, this.points);
    // A window that is not full is no fault of an input: it is no alarm whatever bad input means.
    if (!failed && measured === null && (isBlind || measure.weighsQuality)) {
      const doubt = isOnlySilent(samples, measure.inputs) ? suspend : distrust;
      this.holds.forEach(doubt);
      return;
    }
    this.lastMeasured = measured ?? Number.NaN;
    if (this.holds === CALM) {
      if (!this.trace && !failed && !this.anyTripped(measured)) {
        measure.learn?.();
        return;
      }
      this.holds = levels.map(createHold);
    }
    const sure = measure.weighsQuality ? this.sure(samples, ts, measured) : measured;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      const hold = this.holds[i];
      if (!level || !hold) continue;
      const compared = this.compared(level, measured);
      const verdict = failed ? 'tripped' : judgeLevel(level, compared);
      const good = measure.weighsQuality ? isSure(level, sure, verdict) : quality !== 'uncertain';
      const before = hold.phase;
      judge(hold, verdict, good, level, ts, at);
      if (before === 'inactive' && hold.phase !== 'inactive') hold.occurredAt = measure.began?.() ?? ts;
      if (!this.rule.byClock && hold.phase === 'pendingOn') hold.dueAt = Number.POSITIVE_INFINITY;
      this.tell(level, ts, at, samples, compared, failed ? 'unknown' : verdict, before, hold);
    }
    this.announce(ts, sink);
    this.settle();
    if (this.holds === CALM) measure.learn?.();
    else if (!failed && this.holds.some(isHeld)) measure.inForce?.();
  }

  /** Completes the delays that are over at engine time `at`. */
  tick(at: number, samples: Samples, sink: RuleSink): void {
    this.complete('dueAt', at, at, samples, sink);
    this.settle();
  }

  /** Earliest engine time at which a delay runs out; Infinity = none pending. */
  dueAt(): number {
    return earliestDue(this.holds);
  }

  /** Earliest source time at which a delay runs out; Infinity = none pending. */
  dueTs(): number {
    return earliestDueTs(this.holds);
  }

  /** Completes the delays that are over at source time `ts`. */
  advance(ts: number, at: number, samples: Samples, sink: RuleSink): void {
    this.complete('dueTs', ts, at, samples, sink);
    this.settle();
  }

  /** Silence proves nothing: no clear may complete on it, but only on the next sample. */
  distrust(): void {
    for (const hold of this.holds) suspend(hold);
  }

  /** Nobody watched for `ms`. */
  excuse(ms: number): void {
    for (const hold of this.holds) excuseHold(hold, ms);
  }

  /** The engine's clock was set by `ms`. */
  shift(ms: number): void {
    for (const hold of this.holds) shiftHold(hold, ms);
  }

  /** Gives the step in force once more to `sink`. */
  restate(at: number, sink: RuleSink): void {
    if (this.active) sink(this, this.level(this.active), at);
  }

  /** Times of the sample behind the step in force. */
  origin(): Hold | null {
    return this.active ? (this.holds[this.rule.levels.indexOf(this.active)] ?? null) : null;
  }

  snapshot(): RuleSnapshot {
    const holds: HoldSnapshot[] = [];
    this.holds.forEach((hold, i) => {
      if (hold.phase !== 'inactive') holds.push(snapshotHold(this.rule.levels[i]?.name ?? '', hold));
    });
    const measure = this.measure.snapshot?.();
    return { measured: this.measured, holds, ...(measure === undefined ? {} : { measure }) };
  }

  /** Takes up a snapshot; steps that the configuration no longer has are left out. */
  restore(snapshot: RuleSnapshot): void {
    this.lastMeasured = snapshot.measured ?? Number.NaN;
    if (snapshot.measure !== undefined) this.measure.restore?.(snapshot.measure);
    if (snapshot.holds.length > 0) this.holds = this.rule.levels.map(createHold);
    for (const saved of snapshot.holds) {
      const hold = this.holds[this.rule.levels.findIndex((level) => level.name === saved[0])];
      if (hold) restoreHold(hold, saved);
    }
    this.active = this.worst();
    this.settle();
  }

  /** What was measured, as far as it rests on good samples alone; null = it does not. */
  private sure(samples: Samples, ts: number, measured: number | null): number | null {
    const { measure } = this;
    return isAnyUncertain(samples, measure.inputs) ? measure.evaluate(new GoodSamples(samples), ts) : measured;
  }

  private complete(clock: 'dueTs' | 'dueAt', time: number, at: number, samples: Samples, sink: RuleSink): void {
    for (let i = firstDue(this.holds, clock, time); i !== -1; i = firstDue(this.holds, clock, time)) {
      const hold = this.holds[i];
      const level = this.rule.levels[i];
      if (!hold || !level) return;
      const before = hold.phase;
      const silent = before === 'pendingOff' && wasSilent(this.measure, this.points, samples, clock, hold.dueTs);
      if (!complete(hold, silent)) continue;
      this.tell(level, hold.dueTs, at, samples, null, 'delayOver', before, hold);
      this.announce(hold.dueTs, sink);
    }
  }

  private announce(effectiveAt: number, sink: RuleSink): void {
    const level = this.worst();
    if (level === this.active) return;
    this.active = level;
    sink(this, level && this.level(level), effectiveAt);
    if (level === null) this.measure.over?.();
  }

  private anyTripped(measured: number | null): boolean {
    for (const level of this.rule.levels) {
      if (judgeLevel(level, this.compared(level, measured)) === 'tripped') return true;
    }
    return false;
  }

  /** What a step is compared with. */
  private compared(level: RuleLevel, measured: number | null): number | null {
    return this.measure.ofLevel ? this.measure.ofLevel(level) : measured;
  }

  private settle(): void {
    if (areCalm(this.holds)) this.holds = CALM;
  }

  private worst(): RuleLevel | null {
    let worst: RuleLevel | null = null;
    for (let i = 0; i < this.holds.length; i++) {
      const level = this.rule.levels[i];
      const hold = this.holds[i];
      if (level && hold && isActive(hold) && (worst === null || level.rank > worst.rank)) worst = level;
    }
    return worst;
  }

  private level(level: RuleLevel): ActiveLevel {
    const { rank, tier, at, latch } = level;
    const told = this.rule.unit === null ? NO_NUMBERS : { limit: at, measured: this.compared(level, this.measured) };
    return { condition: this.conditionOf(level), rank, tier, latch, ...told };
  }

  private conditionOf(level: RuleLevel): string {
    return level.name === '' ? this.rule.id : `${this.rule.id}.${level.name}`;
  }

  private tell(
    level: RuleLevel,
    ts: number,
    at: number,
    samples: Samples,
    measured: number | null,
    verdict: Parameters<Trace>[7],
    before: Hold['phase'],
    hold: Hold,
  ): void {
    if (!this.trace) return;
    const { point } = this.rule;
    const value: Value = point === null ? null : samples.value(point);
    const quality = point === null ? 'good' : samples.quality(point);
    this.trace(this.conditionOf(level), ts, at, value, quality, measured, level.at, verdict, before, hold);
  }
}

/** What is told of a rule that answers yes or no. */
const NO_NUMBERS = { limit: null, measured: null };

/** True of a condition that counts and is not about to end. */
function isHeld({ phase }: Hold): boolean {
  return phase === 'active';
}

/** True where the good samples alone lead to the same verdict. */
function isSure(level: RuleLevel, sure: number | null, verdict: Verdict): boolean {
  return sure !== null && judgeLevel(level, sure) === verdict;
}

/** Where nothing can be said, nothing trips and nothing clears. */
export function judgeLevel(level: RuleLevel, measured: number | null): Verdict {
  if (measured === null || Number.isNaN(measured)) return 'between';
  if (level.sense === 'above') {
    if (measured >= level.at) return 'tripped';
    return measured < level.at - level.deadband ? 'cleared' : 'between';
  }
  if (measured <= level.at) return 'tripped';
  return measured > level.at + level.deadband ? 'cleared' : 'between';
}
