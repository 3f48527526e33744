import type { Point } from '../model/device.ts';
import { createLocalTime, hourOf, type LocalTime } from '../model/local-time.ts';
import type { FixedNorm, LearnedNorm } from '../model/rule.ts';
import { judgeLimit } from './ladder.ts';
import { Baseline, type BaselineSnapshot, robustZ, standardise } from './statistics/baseline.ts';

/** What is normal for a point of a device, as a statistic asks for it. */
export interface NormSource {
  /** How many standard deviations a value at source time `ts` is from the mean; null = that is not known yet. */
  standardised(ts: number, value: number): number | null;
  /** The same by median and MAD, which a few wild samples cannot bend. */
  robust(ts: number, value: number): number | null;
  /** Takes a good sample that is no alarm, or of which that is not known. */
  learn?(ts: number, value: number): void;
  /** An alarm has been in force for `ms`: true if it is to be learned anew what is normal; what was learned is gone. */
  outlast?(ms: number): boolean;
  /** The source's clock was set back. */
  forgetTime?(): void;
  /** What it has learned, as plain data. */
  snapshot?(): unknown;
  restore?(saved: unknown): void;
}

/** Makes the source of what is normal for `point`. */
export function createNorm(norm: FixedNorm | LearnedNorm, point: Point | undefined): NormSource {
  return 'mean' in norm ? fixed(norm) : new Learned(norm, point);
}

function fixed({ mean, sigma }: FixedNorm): NormSource {
  const standardised = (_ts: number, value: number) => (value - mean) / sigma;
  return { standardised, robust: standardised };
}

class Learned implements NormSource {
  private readonly baseline: Baseline;
  private readonly point: Point | undefined;
  private readonly localTime: LocalTime | null;
  private readonly relearnAfterMs: number;

  constructor({ hoursOf, relearnAfterMs, ...options }: LearnedNorm, point: Point | undefined) {
    this.baseline = new Baseline({ ...options, byHour: hoursOf !== null });
    this.point = point;
    this.relearnAfterMs = relearnAfterMs ?? Number.POSITIVE_INFINITY;
    this.localTime = hoursOf === null ? null : clockOf(hoursOf);
  }

  standardised(ts: number, value: number): number | null {
    const norm = this.baseline.norm(this.hour(ts));
    return norm && standardise(norm, value);
  }

  robust(ts: number, value: number): number | null {
    const norm = this.baseline.norm(this.hour(ts));
    return norm && robustZ(norm, value);
  }

  learn(ts: number, value: number): void {
    // What a limit of the point calls an alarm must not become normal either.
    const calm = this.point?.limits.every((limit) => judgeLimit(limit, value) !== 'tripped') ?? true;
    this.baseline.add(ts, value, this.hour(ts), calm);
  }

  outlast(ms: number): boolean {
    if (ms < this.relearnAfterMs) return false;
    this.baseline.clear();
    return true;
  }

  forgetTime(): void {
    this.baseline.forgetTime();
  }

  snapshot(): unknown {
    return this.baseline.snapshot();
  }

  restore(saved: unknown): void {
    this.baseline.restore(saved as BaselineSnapshot);
  }

  private hour(ts: number): number {
    return hourOf(this.localTime?.(ts) ?? 0);
  }
}

/** One for each zone: a calendar is too large for each point to have its own. */
const clocks = new Map<string, LocalTime>();

function clockOf(timezone: string): LocalTime {
  let clock = clocks.get(timezone);
  if (!clock) {
    clock = createLocalTime(timezone);
    clocks.set(timezone, clock);
  }
  return clock;
}
