import type { ActiveLevel } from '../model/condition.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';
import {
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
  type Verdict,
} from './hold.ts';
import { createMeasure } from './kinds.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';
import type { Trace } from './trace.ts';

/** Told when the worst step in force of a rule changes; null = none holds. */
export type RuleSink = (watch: RuleWatch, level: ActiveLevel | null, effectiveAt: number) => void;

/** State of one rule as plain data. */
export interface RuleSnapshot {
  measured: number | null;
  holds: HoldSnapshot[];
  measure?: unknown;
}

/** One rule of one device: its measure, and a hold for each step. */
export class RuleWatch {
  readonly rule: Rule;
  readonly measure: Measure;
  /** What was measured last. */
  measured: number | null = null;
  active: RuleLevel | null = null;
  /** Number of the reading that touched it last, so that a reading with several inputs is judged once. */
  touched = 0;
  trace: Trace | null = null;
  private readonly holds: readonly Hold[];

  constructor(rule: Rule) {
    this.rule = rule;
    this.measure = createMeasure(rule);
    this.holds = rule.levels.map(createHold);
  }

  /** Judges as of source time `ts`, after every new sample was observed. */
  judge(samples: Samples, ts: number, at: number, sink: RuleSink): void {
    this.complete('dueTs', ts, at, samples, sink);
    const quality = this.measure.ofQuality ? 'good' : this.quality(samples);
    const { onBad, levels } = this.rule;
    if (quality === 'bad' && onBad === 'hold') {
      this.distrust();
      return;
    }
    this.measured = quality === 'bad' ? null : this.measure.evaluate(samples, ts);
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      const hold = this.holds[i];
      if (!level || !hold) continue;
      const verdict = quality === 'bad' ? 'tripped' : judgeLevel(level, this.measured);
      const before = hold.phase;
      judge(hold, verdict, quality !== 'uncertain', level, ts, at);
      if (!this.rule.byClock && hold.phase === 'pendingOn') hold.dueAt = Number.POSITIVE_INFINITY;
      this.tell(level, ts, at, samples, this.measured, quality === 'bad' ? 'unknown' : verdict, before, hold);
    }
    this.announce(ts, sink);
  }

  /** Completes the delays that are over at engine time `at`. */
  tick(at: number, samples: Samples, sink: RuleSink): void {
    this.complete('dueAt', at, at, samples, sink);
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
  }

  /** Silence and bad values prove nothing: no clear may complete on them. */
  distrust(): void {
    for (const hold of this.holds) distrust(hold);
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
    this.measured = snapshot.measured;
    if (snapshot.measure !== undefined) this.measure.restore?.(snapshot.measure);
    for (const saved of snapshot.holds) {
      const hold = this.holds[this.rule.levels.findIndex((level) => level.name === saved[0])];
      if (hold) restoreHold(hold, saved);
    }
    this.active = this.worst();
  }

  /** The worst quality among the inputs. */
  private quality(samples: Samples): Quality {
    let worst: Quality = 'good';
    for (const index of this.measure.inputs) {
      const quality = samples.quality(index);
      if (quality === 'bad') return 'bad';
      if (quality === 'uncertain') worst = 'uncertain';
    }
    return worst;
  }

  private complete(clock: 'dueTs' | 'dueAt', time: number, at: number, samples: Samples, sink: RuleSink): void {
    for (let i = firstDue(this.holds, clock, time); i !== -1; i = firstDue(this.holds, clock, time)) {
      const hold = this.holds[i];
      const level = this.rule.levels[i];
      if (!hold || !level) return;
      const before = hold.phase;
      complete(hold);
      this.tell(level, hold.dueTs, at, samples, null, 'delayOver', before, hold);
      this.announce(hold.dueTs, sink);
    }
  }

  private announce(effectiveAt: number, sink: RuleSink): void {
    const level = this.worst();
    if (level === this.active) return;
    this.active = level;
    sink(this, level && this.level(level), effectiveAt);
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
    return { condition: this.conditionOf(level), rank, tier, limit: at, latch, measured: this.measured };
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

/** Where nothing can be said, nothing trips and nothing clears. */
function judgeLevel(level: RuleLevel, measured: number | null): Verdict {
  if (measured === null || Number.isNaN(measured)) return 'between';
  if (level.sense === 'above') {
    if (measured >= level.at) return 'tripped';
    return measured < level.at - level.deadband ? 'cleared' : 'between';
  }
  if (measured <= level.at) return 'tripped';
  return measured > level.at + level.deadband ? 'cleared' : 'between';
}
