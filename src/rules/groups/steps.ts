import type { ActiveLevel } from '../../model/condition.ts';
import type { GroupLevel } from '../../model/group.ts';
import {
  complete,
  createHold,
  earliestDue,
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
} from '../hold.ts';

/** Told when the worst step in force changes; `origin` has the times of the sample behind it. */
export type StepSink<L> = (level: L | null, origin: Hold | null, effectiveAt: number) => void;

/**
 * The steps of one alarm of a group, with a hold for each. Delays run by engine time alone: the clocks of the members
 * are not the same, and a sample of one says nothing of how long another has lasted.
 */
export class Steps<L extends GroupLevel> {
  readonly levels: readonly L[];
  active: L | null = null;
  private readonly holds: readonly Hold[];
  private readonly sink: StepSink<L>;

  /** `levels` with rank rising. */
  constructor(levels: readonly L[], sink: StepSink<L>) {
    this.levels = levels;
    this.holds = levels.map(createHold);
    this.sink = sink;
  }

  /** Judges one step; `sure` false: neither ends a condition nor lets it end. {@link announce} follows. */
  judge(index: number, verdict: Verdict, sure: boolean, ts: number, at: number): void {
    const level = this.levels[index];
    const hold = this.holds[index];
    if (level && hold) judge(hold, verdict, sure, level, ts, at);
  }

  /** Tells of the worst step in force, if it is another than before. */
  announce(effectiveAt: number): void {
    const level = this.worst();
    if (level === this.active) return;
    this.active = level;
    this.sink(level, this.origin(), effectiveAt);
  }

  /** Completes the delays that are over at engine time `at`, earliest first. */
  tick(at: number): void {
    for (let i = firstDue(this.holds, 'dueAt', at); i !== -1; i = firstDue(this.holds, 'dueAt', at)) {
      const hold = this.holds[i];
      if (!hold) return;
      complete(hold);
      this.announce(hold.dueTs);
    }
  }

  dueAt(): number {
    return earliestDue(this.holds);
  }

  excuse(ms: number): void {
    for (const hold of this.holds) excuseHold(hold, ms);
  }

  shift(ms: number): void {
    for (const hold of this.holds) shiftHold(hold, ms);
  }

  restate(at: number): void {
    if (this.active) this.sink(this.active, this.origin(), at);
  }

  snapshot(): HoldSnapshot[] {
    const saved: HoldSnapshot[] = [];
    this.holds.forEach((hold, i) => {
      if (hold.phase !== 'inactive') saved.push(snapshotHold(this.levels[i]?.condition ?? '', hold));
    });
    return saved;
  }

  /** Takes up a snapshot; steps that the configuration no longer has are left out. */
  restore(saved: readonly HoldSnapshot[]): void {
    for (const one of saved) {
      const hold = this.holds[this.levels.findIndex(({ condition }) => condition === one[0])];
      if (hold) restoreHold(hold, one);
    }
    this.active = this.worst();
  }

  private origin(): Hold | null {
    return this.active ? (this.holds[this.levels.indexOf(this.active)] ?? null) : null;
  }

  private worst(): L | null {
    return this.levels.findLast((_, i) => isActive(this.holds[i] ?? CALM)) ?? null;
  }
}

const CALM = createHold();

/** A step in force as an alarm shows it. */
export function activeLevel(level: GroupLevel, limit: number | null, measured: number | null): ActiveLevel {
  const { condition, rank, tier, latch } = level;
  return { condition, rank, tier, limit, latch, measured };
}
