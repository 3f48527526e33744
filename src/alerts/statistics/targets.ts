/** What is held against the targets. Figures are for one operator where they say so. */
export interface MeasuredLoad {
  /** Calls of one operator in an hour. */
  readonly perHour: number;
  readonly peakHour: number;
  readonly peakTenMinutes: number;
  readonly peakMinute: number;
  /** Parts of the 10-minute periods, and of the time, 0 to 1. */
  readonly overloadedShare: number;
  readonly floodShare: number;
  /** Part of the ten most frequent alarms in all of them, 0 to 1. */
  readonly topTenShare: number;
  readonly chattering: readonly unknown[];
  /** Most stale alarms at once. */
  readonly staleAtOnce: number;
}

/** A figure of the alarm load against what is asked of it. */
export interface TargetResult {
  readonly name: string;
  readonly value: number;
  readonly unit: 'perHour' | 'count' | 'share';
  /** Fine up to it, or only below it. */
  readonly target: number;
  readonly below: boolean;
  readonly met: boolean;
  readonly source: string;
  /** False: the figure is from memory and has to be looked up in the standard. */
  readonly verified: boolean;
}

type Target = Omit<TargetResult, 'value' | 'met'> & { readonly of: (load: MeasuredLoad) => number };

const EEMUA = { source: 'EEMUA 191, as quoted', verified: true };
const ISA = { source: 'ISA-18.2-2016, from memory', verified: false };

const TARGETS: readonly Target[] = [
  { name: 'average per operator hour', of: (load) => load.perHour, unit: 'perHour', target: 5, below: false, ...EEMUA },
  {
    name: 'average per operator hour, acceptable',
    of: (load) => load.perHour,
    unit: 'perHour',
    target: 6,
    below: false,
    ...ISA,
  },
  {
    name: 'average per operator hour, still manageable',
    of: (load) => load.perHour,
    unit: 'perHour',
    target: 12,
    below: false,
    ...ISA,
  },
  {
    name: 'busiest hour, per operator',
    of: (load) => load.peakHour,
    unit: 'count',
    target: 15,
    below: false,
    ...EEMUA,
  },
  {
    name: 'busiest minute, per operator',
    of: (load) => load.peakMinute,
    unit: 'count',
    target: 2,
    below: false,
    ...EEMUA,
  },
  {
    name: 'busiest 10 minutes, per operator',
    of: (load) => load.peakTenMinutes,
    unit: 'count',
    target: 10,
    below: false,
    ...ISA,
  },
  {
    name: '10-minute periods with more than 10',
    of: (load) => load.overloadedShare,
    unit: 'share',
    target: 0.01,
    below: true,
    ...ISA,
  },
  { name: 'time in flood', of: (load) => load.floodShare, unit: 'share', target: 0.01, below: true, ...ISA },
  {
    name: 'ten most frequent alarms',
    of: (load) => load.topTenShare,
    unit: 'share',
    target: 0.05,
    below: true,
    ...ISA,
  },
  { name: 'chattering alarms', of: (load) => load.chattering.length, unit: 'count', target: 0, below: false, ...ISA },
  { name: 'stale alarms at once', of: (load) => load.staleAtOnce, unit: 'count', target: 5, below: true, ...ISA },
];

/** Holds a load against the figures of EEMUA 191 and ISA-18.2; their sources say which are verified. */
export function againstTargets(load: MeasuredLoad): TargetResult[] {
  return TARGETS.map(({ of, ...target }) => {
    const value = of(load);
    return { ...target, value, met: target.below ? value < target.target : value <= target.target };
  });
}
