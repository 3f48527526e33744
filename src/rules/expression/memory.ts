import type { Limit, LimitName } from '../../model/limit.ts';
import type { Value } from '../../model/reading.ts';
import { Window } from '../window.ts';
import { Extreme } from './extreme.ts';
import { Previous } from './previous.ts';

interface PointName {
  readonly id: string;
  readonly index: number;
}

/** What a device says of a point of the expression. */
interface Limited {
  readonly limits: readonly Pick<Limit, 'name' | 'at'>[];
}

interface Keyed {
  /** Names the entry in a snapshot, by point id: indexes may move when the configuration changes. */
  readonly key: string;
  readonly index: number;
}

interface WindowPlan extends Keyed {
  readonly overMs: number;
}

interface ExtremePlan extends WindowPlan {
  readonly sign: 1 | -1;
}

interface LimitPlan extends Keyed {
  readonly name: LimitName;
}

/** What an expression reads, and must remember of each device. Parts of it that need the same share it. */
export class Plan {
  readonly inputs = new Set<number>();
  /** True once a part changes with time alone. */
  followsTime = false;
  readonly windows: WindowPlan[] = [];
  readonly extremes: ExtremePlan[] = [];
  readonly previous: Keyed[] = [];
  readonly limits: LimitPlan[] = [];

  /** Slot in {@link Memory.windows} of the samples of a point over the last `overMs`. */
  window({ id, index }: PointName, overMs: number): number {
    return share(this.windows, { key: `${id} ${overMs}`, index, overMs });
  }

  /** Slot in {@link Memory.extremes} of the greatest (1) or least (-1) value over the last `overMs`. */
  extreme({ id, index }: PointName, overMs: number, sign: 1 | -1): number {
    return share(this.extremes, { key: `${sign === 1 ? 'max' : 'min'} ${id} ${overMs}`, index, overMs, sign });
  }

  /** Slot in {@link Memory.previous} of the two newest samples of a point. */
  last({ id, index }: PointName): number {
    return share(this.previous, { key: id, index });
  }

  /** Slot in {@link Memory.limits} of the set point of a limit. */
  limit({ id, index }: PointName, name: LimitName): number {
    return share(this.limits, { key: `${id} ${name}`, index, name });
  }
}

/** What one expression remembers of one device. */
export class Memory {
  readonly windows: readonly Window[];
  readonly extremes: readonly Extreme[];
  readonly previous: readonly Previous[];
  /** Set points in force for the device; null = it has no such limit. No part of a snapshot: they are configured. */
  readonly limits: readonly (number | null)[];
  private readonly plan: Plan;

  constructor(plan: Plan, points: readonly Limited[]) {
    this.plan = plan;
    this.windows = plan.windows.map(({ overMs }) => new Window(overMs));
    this.extremes = plan.extremes.map(({ sign, overMs }) => new Extreme(sign, overMs));
    this.previous = plan.previous.map(() => new Previous());
    this.limits = plan.limits.map(
      ({ index, name }) => points[index]?.limits.find((limit) => limit.name === name)?.at ?? null,
    );
  }

  /** Takes a sample of a point. One that is late goes to its place, one at a time already held replaces it. */
  observe(index: number, value: Value, ts: number): void {
    if (value === null) return;
    const { plan } = this;
    for (let i = 0; i < plan.previous.length; i++) {
      if (plan.previous[i]?.index === index) this.previous[i]?.add(ts, value);
    }
    if (typeof value !== 'number') return;
    for (let i = 0; i < plan.windows.length; i++) {
      if (plan.windows[i]?.index === index) this.windows[i]?.add(ts, value);
    }
    for (let i = 0; i < plan.extremes.length; i++) {
      if (plan.extremes[i]?.index === index) this.extremes[i]?.add(ts, value);
    }
  }

  /** False where nothing need be remembered. */
  get isUsed(): boolean {
    return this.windows.length + this.extremes.length + this.previous.length > 0;
  }

  clear(): void {
    for (const one of [...this.windows, ...this.extremes, ...this.previous]) one.clear();
  }

  snapshot(): unknown {
    return {
      windows: save(this.plan.windows, this.windows),
      extremes: save(this.plan.extremes, this.extremes),
      previous: save(this.plan.previous, this.previous),
    };
  }

  /** Takes up what {@link snapshot} gave. What the expression no longer needs is left out; what it lacks stays empty. */
  restore(saved: unknown): void {
    this.clear();
    this.plan.windows.forEach(({ key }, i) => {
      this.windows[i]?.load(entry(saved, 'windows', key).filter(isNumber));
    });
    this.plan.extremes.forEach(({ key }, i) => {
      this.extremes[i]?.load(entry(saved, 'extremes', key).filter(isNumber));
    });
    this.plan.previous.forEach(({ key }, i) => {
      this.previous[i]?.load(entry(saved, 'previous', key));
    });
  }
}

function share<T extends Keyed>(list: T[], wanted: T): number {
  const found = list.findIndex(({ key }) => key === wanted.key);
  return found === -1 ? list.push(wanted) - 1 : found;
}

function save(plans: readonly Keyed[], held: readonly { toArray(): readonly Value[] }[]): Record<string, unknown> {
  return Object.fromEntries(plans.map(({ key }, i) => [key, held[i]?.toArray() ?? []]));
}

function entry(saved: unknown, part: string, key: string): readonly unknown[] {
  const value = member(member(saved, part), key);
  return Array.isArray(value) ? value : [];
}

function member(owner: unknown, key: string): unknown {
  return typeof owner === 'object' && owner !== null ? Object.entries(owner).find(([name]) => name === key)?.[1] : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
