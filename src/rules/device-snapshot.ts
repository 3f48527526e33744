import type { Device, Point } from '../model/device.ts';
import type { Calculation } from './calculation.ts';
import type { ClockSnapshot } from './clock-watch.ts';
import { holdsOfPoint, holdsOfRule } from './kept-holds.ts';
import type { PointSnapshot, PointWatch } from './point-watch.ts';
import type { RuleSnapshot, RuleWatch } from './rule-watch.ts';
import type { SourceOrderSnapshot } from './source-order.ts';
import type { SuppressionSnapshot, SuppressionWatch } from './suppression-watch.ts';

/** State of the points and rules of one device as plain data. */
export interface RulesSnapshot {
  points: Record<string, PointSnapshot>;
  rules: Record<string, RuleSnapshot>;
  /** What calculated points remember, by id. */
  calculated?: Record<string, unknown>;
  /** Suppressions by id, with the text of their condition. */
  suppressions?: Record<string, SuppressionSnapshot & { readonly when: string }>;
}

/** State of one device's rules as plain data, as it was after journal sequence `seq`. */
export interface DeviceSnapshot extends RulesSnapshot {
  seq: number;
  seenAt: number;
  absent: boolean;
  order?: SourceOrderSnapshot;
  clock?: ClockSnapshot;
}

/** What watches over one device. */
export interface DeviceWatches {
  readonly device: Device;
  readonly points: readonly (PointWatch | null)[];
  readonly rules: readonly RuleWatch[];
  readonly suppressions: readonly SuppressionWatch[];
  readonly calculations: readonly Calculation[];
}

/** The state of its points, its rules and what is calculated. */
export function snapshotRules({ device, points, rules, suppressions, calculations }: DeviceWatches): RulesSnapshot {
  const calculated = calculations.flatMap((one) => {
    const saved = one.snapshot();
    return saved === undefined ? [] : [[one.point.id, saved] as const];
  });
  const hiding = suppressions.map((watch) => {
    const { id, when } = watch.suppression;
    return [id, { ...watch.snapshot(), when: when.text }] as const;
  });
  return {
    points: Object.fromEntries(points.flatMap((watch) => (watch ? [[watch.point.id, watch.snapshot()] as const] : []))),
    rules: Object.fromEntries(
      rules.map((watch) => [watch.rule.id, { ...watch.snapshot(), subject: subjectOf(watch, device.points) }]),
    ),
    ...(calculated.length === 0 ? {} : { calculated: Object.fromEntries(calculated) }),
    ...(hiding.length === 0 ? {} : { suppressions: Object.fromEntries(hiding) }),
  };
}

/**
 * Takes up their state, be it of another configuration. What is in force goes by the ids of points, limits and rules: as
 * long as these are there no alarm ends, and the next good sample decides. Values and memories that have only the name in
 * common are dropped: of a point in another unit or of another type, of a rule of another kind or over other points.
 * Nobody can say whether a text was put right or an instrument was changed, and a value in the wrong unit would be worse
 * than none. A suppression goes on only where its condition is word for word the same, over the same points. Points, limits and rules that the configuration no longer has are left out with all they have in force.
 */
export function restoreRules(watches: DeviceWatches, snapshot: RulesSnapshot): void {
  const { device, points, rules, suppressions, calculations } = watches;
  const kept = pointsKept(device.points, snapshot);
  for (const watch of points) {
    const state = watch && snapshot.points[watch.point.id];
    if (!state) continue;
    const fits = kept[watch.point.index] !== null;
    const holds = holdsOfPoint(watch.point, state, fits);
    watch.restore({ ...state, ...(fits ? {} : NO_SAMPLE), holds });
  }
  for (const watch of rules) {
    const state = snapshot.rules[watch.rule.id];
    if (!state) continue;
    const fits = isSameSubject(watch, device.points, state);
    const { measure, measured } = state;
    const remembered = measure !== undefined && (fits || remembersByPoint(watch, kept, state));
    const holds = holdsOfRule(watch, state, fits);
    watch.restore({ measured: fits ? measured : null, holds, ...(remembered ? { measure } : {}) });
  }
  for (const watch of suppressions) {
    const { id, when } = watch.suppression;
    const state = snapshot.suppressions?.[id];
    const fits = state?.when === when.text && watch.inputs.every((index) => kept[index] !== null);
    if (fits) watch.restore(state);
  }
  for (const one of calculations) {
    if (one.inputs.every((index) => kept[index] !== null)) one.restore(snapshot.calculated?.[one.point.id]);
  }
}

/** `points` in their order, with null in place of those whose saved samples mean nothing: the unit or type is another. */
export function pointsKept<T extends Pick<Point, 'id' | 'unit' | 'type'>>(
  points: readonly T[],
  { points: saved }: Pick<RulesSnapshot, 'points'>,
): (T | null)[] {
  return points.map((point) => {
    const state = saved[point.id];
    return state && !isSamePoint(point, state) ? null : point;
  });
}

/** A point that nothing came from yet. */
const NO_SAMPLE = { ts: null, value: null, quality: 'bad', overtakenSince: null } as const;

/** What the memory of a rule is about, by name (indexes move when points come and go), and the scale it is kept on. */
function subjectOf({ rule: { spec }, measure }: RuleWatch, points: readonly Point[]): string {
  const inputs = measure.inputs.map((index) => `${points[index]?.id} ${points[index]?.unit}`);
  const scale = 'norm' in spec && 'mean' in spec.norm ? [`${spec.norm.mean} ${spec.norm.sigma}`] : [];
  return [spec.kind, ...inputs, ...scale].join('|');
}

/** False where a rule of the same id looks at something else now, or is of another kind: what it remembers means nothing. */
function isSameSubject(watch: RuleWatch, points: readonly Point[], { subject }: RuleSnapshot): boolean {
  return subject === undefined || subject === subjectOf(watch, points);
}

/** An expression remembers each point by its name: what it reads besides does not matter. */
function remembersByPoint({ rule, measure }: RuleWatch, kept: readonly unknown[], { subject }: RuleSnapshot): boolean {
  const isExpression = rule.spec.kind === 'expression' && subject?.split('|', 1)[0] === 'expression';
  return isExpression && measure.inputs.every((index) => kept[index] !== null);
}

/** False where a point of the same name is in another unit or of another type now. */
function isSamePoint(point: Pick<Point, 'unit' | 'type'>, { value, unit }: PointSnapshot): boolean {
  return (unit === undefined || unit === point.unit) && (value === null || typeof value === point.type);
}
