import type { Device, Point } from '../model/device.ts';
import type { Calculation } from './calculation.ts';
import type { ClockSnapshot } from './clock-watch.ts';
import type { PointSnapshot, PointWatch } from './point-watch.ts';
import type { RuleSnapshot, RuleWatch } from './rule-watch.ts';
import type { SourceOrderSnapshot } from './source-order.ts';

/** State of one device's rules as plain data, as it was after journal sequence `seq`. */
export interface DeviceSnapshot {
  seq: number;
  seenAt: number;
  absent: boolean;
  points: Record<string, PointSnapshot>;
  rules: Record<string, RuleSnapshot>;
  /** What calculated points remember, by id. */
  calculated?: Record<string, unknown>;
  order?: SourceOrderSnapshot;
  clock?: ClockSnapshot;
}

/** What watches over one device. */
export interface DeviceWatches {
  readonly device: Device;
  readonly points: readonly (PointWatch | null)[];
  readonly rules: readonly RuleWatch[];
  readonly calculations: readonly Calculation[];
}

/** The state of its points, its rules and what is calculated. */
export function snapshotWatches({ device, points, rules, calculations }: DeviceWatches) {
  const calculated = calculations.flatMap((one) => {
    const saved = one.snapshot();
    return saved === undefined ? [] : [[one.point.id, saved] as const];
  });
  return {
    points: Object.fromEntries(points.flatMap((watch) => (watch ? [[watch.point.id, watch.snapshot()] as const] : []))),
    rules: Object.fromEntries(
      rules.map((watch) => [watch.rule.id, { ...watch.snapshot(), subject: subjectOf(watch, device.points) }]),
    ),
    ...(calculated.length === 0 ? {} : { calculated: Object.fromEntries(calculated) }),
  } satisfies Partial<DeviceSnapshot>;
}

/**
 * Takes up their state. Points and rules that the configuration no longer has are left out, and so is what only has the
 * name in common: a point in another unit, a rule of another kind or over other points.
 */
export function restoreWatches({ device, points, rules, calculations }: DeviceWatches, snapshot: DeviceSnapshot): void {
  for (const watch of points) {
    const state = watch && snapshot.points[watch.point.id];
    if (state && isSamePoint(watch.point, state)) watch.restore(state);
  }
  for (const watch of rules) {
    const state = snapshot.rules[watch.rule.id];
    if (state && isSameRule(watch, device.points, state)) watch.restore(state);
  }
  for (const one of calculations) one.restore(snapshot.calculated?.[one.point.id]);
}

/** What a rule looks at, by name: indexes move when points come and go. */
function subjectOf({ rule, measure }: RuleWatch, points: readonly Point[]): string {
  const inputs = measure.inputs.map((index) => `${points[index]?.id} ${points[index]?.unit}`);
  return [rule.spec.kind, ...inputs].join('|');
}

/** False where a rule of the same id looks at something else now, or is of another kind: its state means nothing. */
function isSameRule(watch: RuleWatch, points: readonly Point[], { subject }: RuleSnapshot): boolean {
  return subject === undefined || subject === subjectOf(watch, points);
}

/** False where a point of the same name is in another unit or of another type now. */
function isSamePoint(point: Point, { value, unit }: PointSnapshot): boolean {
  return (unit === undefined || unit === point.unit) && (value === null || typeof value === point.type);
}
