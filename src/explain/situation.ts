import type { Device, Point } from '../model/device.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import type { HoldSnapshot } from '../rules/hold.ts';
import { createMeasure } from '../rules/kinds.ts';
import type { RuleSnapshot } from '../rules/rule-watch.ts';
import type { Input, Situation, Watched } from './explanation.ts';
import { shownMeasure } from './fall.ts';
import { slopeOf } from './slope.ts';

/** The state that a condition was in, read from the state of its device at epoch time `at`. */
export function situationOf(watched: Watched, device: Device, state: DeviceSnapshot, at: number): Situation {
  const { condition, rule } = watched;
  if (rule) return ofRule(watched, rule, device, state);
  if (condition === 'absent') return ofSilence(watched, state, at);
  if (condition === 'clock') return ofClock(watched, state);
  const saved = state.points[watched.point?.id ?? ''];
  const { value = null, quality = 'bad', ts = null } = saved ?? {};
  const hold = saved?.holds.find(([name]) => name === watched.level?.name);
  return {
    watched,
    ...heldBy(hold),
    value,
    quality,
    ts,
    measured: typeof value === 'number' ? value : null,
    window: null,
    inputs: [],
  };
}

/** Indexes of the points that a rule reads. */
export function inputsOf(rule: Rule, device: Device): readonly number[] {
  return createMeasure(rule, device.points).inputs;
}

function ofRule(watched: Watched, rule: Rule, device: Device, state: DeviceSnapshot): Situation {
  const saved = state.rules[rule.id];
  const inputs = inputsOf(rule, device).flatMap((index) => inputOf(device.points[index], state));
  const times = inputs.flatMap(({ ts }) => (ts === null ? [] : [ts]));
  const hold = saved?.holds.find(([name]) => name === watched.level?.name);
  return {
    watched,
    ...heldBy(hold),
    value: state.points[watched.point?.id ?? '']?.value ?? null,
    // A rule about bad quality takes it as it takes any other.
    quality: rule.spec.kind === 'bad' ? 'good' : worst(inputs.map(({ quality }) => quality)),
    ts: times.length < inputs.length || times.length === 0 ? null : Math.max(...times),
    measured: shownMeasure(rule, measuredBy(rule, watched.level, saved)),
    window: saved ? slopeOf(rule, saved.measure) : null,
    inputs,
  };
}

function inputOf(point: Point | undefined, { points }: DeviceSnapshot): Input[] {
  if (!point) return [];
  const { value = null, quality = 'bad', ts = null } = points[point.id] ?? {};
  return [{ point, value, quality, ts }];
}

function measuredBy({ spec }: Rule, level: RuleLevel | null, saved: RuleSnapshot | undefined): number | null {
  if (!saved) return null;
  if (spec.kind !== 'forecast') return saved.measured;
  const isEarliest = spec.basis === 'earliest' || (spec.basis === 'byTier' && level?.tier === 'red');
  const { expected, earliest } = saved.measure as { expected: number | null; earliest: number | null };
  return isEarliest ? earliest : expected;
}

function ofSilence(watched: Watched, { absent, seenAt }: DeviceSnapshot, at: number): Situation {
  return {
    watched,
    phase: absent ? 'active' : 'inactive',
    since: absent ? seenAt : null,
    dueAt: null,
    value: null,
    quality: 'good',
    ts: seenAt,
    measured: Math.max(0, at - seenAt) / 1000,
    window: null,
    inputs: [],
  };
}

function ofClock(watched: Watched, { clock, seenAt }: DeviceSnapshot): Situation {
  const { active = false, wrongSince = null, offset = 0 } = clock ?? {};
  const pending = !active && wrongSince !== null;
  return {
    watched,
    phase: active ? 'active' : pending ? 'pendingOn' : 'inactive',
    since: wrongSince,
    dueAt: pending ? wrongSince + (watched.level?.onDelayMs ?? 0) : null,
    value: null,
    quality: 'good',
    ts: seenAt,
    measured: offset / 1000,
    window: null,
    inputs: [],
  };
}

function heldBy(hold: HoldSnapshot | undefined): Pick<Situation, 'phase' | 'since' | 'dueAt'> {
  if (!hold) return { phase: 'inactive', since: null, dueAt: null };
  const [, phase, dueTs, dueAt, occurredAt] = hold;
  const waits = phase === 'pendingOn' || phase === 'pendingOff';
  return { phase, since: occurredAt, dueAt: waits ? (dueAt ?? dueTs) : null };
}

function worst(qualities: readonly Quality[]): Quality {
  return QUALITIES[Math.max(0, ...qualities.map((quality) => QUALITIES.indexOf(quality)))] ?? 'bad';
}
