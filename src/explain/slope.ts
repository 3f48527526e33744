import type { Rule } from '../model/rule.ts';
import { fit, maxGapMs } from '../rules/statistics/regression.ts';
import { Window } from '../rules/window.ts';
import type { Slope } from './explanation.ts';

const MINUTE_MS = 60_000;

/** The window of a rule that fits a line, made of what the rule remembers; null = it fits none, or has no sample. */
export function slopeOf({ spec }: Rule, memory: unknown): Slope | null {
  const terms = termsOf(spec);
  const samples = numbersOf(memory);
  if (!terms || samples.length === 0) return null;
  const window = new Window(terms.overMs);
  window.load(samples);
  const line = fit(window);
  return {
    from: window.timeAt(0),
    to: window.timeAt(window.count - 1),
    n: window.count,
    minSamples: terms.minSamples,
    overMs: terms.overMs,
    widestGapMs: maxGapMs(window),
    maxGapMs: terms.maxGapMs,
    perMinute: line && line.slope * MINUTE_MS,
    significance: line && line.seSlope > 0 ? Math.abs(line.slope) / line.seSlope : null,
    neededSignificance: terms.significance,
  };
}

function termsOf(spec: Rule['spec']) {
  if (spec.kind === 'forecast') return spec;
  return 'rate' in spec ? spec.rate : null;
}

/** A rate remembers time, value, time, value …, alone or as its window; a forecast beside them what it found. */
function numbersOf(memory: unknown): number[] {
  const samples = samplesOf(memory);
  return Array.isArray(samples) ? samples.filter((each): each is number => typeof each === 'number') : [];
}

function samplesOf(memory: unknown): unknown {
  if (typeof memory !== 'object' || memory === null) return null;
  if ('samples' in memory) return memory.samples;
  return 'window' in memory ? memory.window : memory;
}
