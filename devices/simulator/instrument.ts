import type { Quality } from '../../src/model/quality.ts';
import type { Value } from '../../src/model/reading.ts';
import { createDevice } from './device.ts';
import type { Values } from './plant.ts';
import { createRandom } from './random.ts';
import { type BrokenLink, type CastMember, createTimeline, type Effect, type Scenario } from './story.ts';

/** What a device has to say at one moment of the story. */
export interface Sample {
  readonly link: 'up' | BrokenLink;
  readonly values: Values;
  /** Points that are not good; null = all are. */
  readonly quality: Readonly<Record<string, Quality>> | null;
}

/** A device in the story: its physics, and what the timeline does to it. */
export interface Instrument {
  /** Goes forward to `storyMs` (never back) and reads all points. */
  sampleAt(storyMs: number): Sample;
}

type Grip =
  | { readonly kind: 'fixed'; readonly value: Value }
  | {
      readonly kind: 'ramp';
      readonly from: number;
      readonly to: number;
      readonly startMs: number;
      readonly overMs: number;
    }
  | { readonly kind: 'return'; readonly from: Value; readonly startMs: number; readonly overMs: number };

/** The instrument of one cast member; the same seed and sampling times give the same samples. */
export function createInstrument(scenario: Scenario, member: CastMember, seed: number): Instrument {
  const key = `${seed}/${member.site}/${member.id}`;
  const device = createDevice(member.deviceClass, key, scenario.timeOfDayMs);
  const random = createRandom(`${key}/noise`);
  const timeline = createTimeline(
    scenario,
    scenario.steps.filter((step) => step.on === member.group && (step.which === 'all' || member.affected)),
  );
  const grips = new Map<string, Grip>();
  const noises = new Map<string, number>();
  const qualities = new Map<string, Quality>();
  const forced = new Map<string, Value>();
  let broken: { link: BrokenLink; untilMs: number } | null = null;
  let reachedMs = 0;
  let shown: Values = {};

  function advance(storyMs: number): void {
    forced.clear();
    for (const [point, grip] of grips) {
      if (grip.kind !== 'return') forced.set(point, gripped(grip, storyMs, null));
      else if (storyMs >= grip.startMs + grip.overMs) grips.delete(point);
    }
    const natural = device.step(Math.max(0, storyMs - reachedMs), forced);
    reachedMs = Math.max(reachedMs, storyMs);
    if (grips.size === 0 && noises.size === 0) {
      shown = natural;
      return;
    }
    const values: Record<string, Value> = { ...natural };
    for (const [point, grip] of grips) values[point] = gripped(grip, storyMs, natural[point] ?? null);
    for (const [point, deviation] of noises) {
      const value = values[point];
      if (typeof value === 'number') values[point] = rounded(value + deviation * random.normal());
    }
    shown = values;
  }

  function apply(effect: Effect, atMs: number): void {
    switch (effect.kind) {
      case 'ramp': {
        const now = shown[effect.point];
        const from = typeof now === 'number' ? now : effect.to;
        grips.set(effect.point, { kind: 'ramp', from, to: effect.to, startMs: atMs, overMs: effect.overMs });
        return;
      }
      case 'set':
        grips.set(effect.point, { kind: 'fixed', value: effect.to });
        return;
      case 'hold':
        grips.set(effect.point, { kind: 'fixed', value: shown[effect.point] ?? null });
        return;
      case 'noise':
        noises.set(effect.point, effect.deviation);
        return;
      case 'quality':
        if (effect.to === 'good') qualities.delete(effect.point);
        else qualities.set(effect.point, effect.to);
        return;
      case 'release':
        release(effect.point, atMs, effect.overMs);
        return;
      case 'link':
        broken = { link: effect.link, untilMs: atMs + effect.forMs };
        return;
    }
  }

  function release(point: string | null, atMs: number, overMs: number): void {
    for (const held of point === null ? [...grips.keys()] : [point]) {
      if (grips.has(held)) grips.set(held, { kind: 'return', from: shown[held] ?? null, startMs: atMs, overMs });
    }
    for (const touched of [noises, qualities]) {
      if (point === null) touched.clear();
      else touched.delete(point);
    }
  }

  return {
    sampleAt(storyMs) {
      for (let due = timeline.next(storyMs); due; due = timeline.next(storyMs)) {
        advance(due.atMs);
        apply(due.step.effect, due.atMs);
      }
      advance(storyMs);
      if (broken && storyMs >= broken.untilMs) broken = null;
      return {
        link: broken?.link ?? 'up',
        values: shown,
        quality: qualities.size === 0 ? null : Object.fromEntries(qualities),
      };
    },
  };
}

/** The value a grip gives at a moment; `natural` is what the plant itself would show. */
function gripped(grip: Grip, storyMs: number, natural: Value): Value {
  switch (grip.kind) {
    case 'fixed':
      return grip.value;
    case 'ramp':
      return rounded(grip.from + (grip.to - grip.from) * share(grip, storyMs));
    case 'return':
      if (typeof grip.from !== 'number' || typeof natural !== 'number') return natural;
      return rounded(grip.from + (natural - grip.from) * share(grip, storyMs));
  }
}

function share(grip: { readonly startMs: number; readonly overMs: number }, storyMs: number): number {
  return grip.overMs === 0 ? 1 : Math.min(1, (storyMs - grip.startMs) / grip.overMs);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
