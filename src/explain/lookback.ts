import { parseDuration } from '../model/duration.ts';
import type { Expression, RuleSpec } from '../model/rule.ts';
import type { Question } from './explanation.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Samples before the window show what was normal. */
const LEAST_MS = HOUR_MS;
/** An explanation is read by a person: it goes back no further than this. */
export const MOST_MS = 24 * HOUR_MS;

const DURATION = /\b\d{1,6}(?:ms|s|m|h|d)\b/g;

/**
 * How far back readings must be judged again to come to the state at one moment: twice the longest window with its
 * delays, or the silence that is an alarm, and an hour at least. `beyond` says that some rule remembers for longer.
 */
export function lookbackOf({ watched, device }: Question): { readonly ms: number; readonly beyond: boolean } {
  let longest = device.profile.absent?.afterMs ?? 0;
  for (const { level, rule } of watched) {
    if (!level) continue;
    const window = rule ? windowOf(rule.spec, level.at) : 0;
    longest = Math.max(longest, window + level.onDelayMs + level.offDelayMs);
  }
  for (const { when, onDelayMs, offDelayMs } of device.profile.suppressions ?? []) {
    longest = Math.max(longest, longestIn(when) + onDelayMs + offDelayMs);
  }
  for (const { calc } of device.points) if (calc) longest = Math.max(longest, longestIn(calc));
  const wanted = Math.max(LEAST_MS, 2 * longest);
  return { ms: Math.min(wanted, MOST_MS), beyond: longest > MOST_MS };
}

/** How far back a rule looks, milliseconds. */
function windowOf(spec: RuleSpec, setPoint: number): number {
  switch (spec.kind) {
    case 'rising':
    case 'falling':
    case 'changing':
      return spec.rate.overMs;
    case 'forecast':
      return spec.overMs;
    case 'stuck':
      return setPoint * 1000;
    case 'ewma':
    case 'cusum':
    case 'zscore':
      return 'spanMs' in spec.norm ? spec.norm.spanMs : HOUR_MS;
    case 'expression':
      if ('measure' in spec) return longestIn(spec.measure);
      return Math.max(longestIn(spec.when), spec.until ? longestIn(spec.until) : 0);
    case 'deviation':
    case 'state':
    case 'bits':
    case 'bad':
    case 'discrepancy':
      return 0;
  }
}

/** The longest duration that an expression names. */
function longestIn({ text }: Expression): number {
  return Math.max(0, ...[...text.matchAll(DURATION)].map(([duration]) => parseDuration(duration)));
}
