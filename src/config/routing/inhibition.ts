import type { InhibitionEntry, InhibitionSideEntry } from '../../alerts/policy/schema/inhibition.ts';
import type { Inhibition, InhibitionMatch } from '../../model/routing.ts';
import { tierRank } from '../../model/tier.ts';
import type { Path } from '../fault.ts';
import { checkNames } from '../known-names.ts';
import { many, type RoutingContext } from './context.ts';

/** What the inhibition that is there by itself leaves out; it can be written down where nothing has them. */
const LOSSES = ['absent', 'bad', 'stuck'];

const ALL: InhibitionMatch = { tier: [], profile: [], condition: [], except: [], device: [], tags: [] };

/** What holds where `inhibit` is left out. Loss of data is never taken for calm, so it is never hidden. */
export const DEFAULT_INHIBITIONS: readonly Inhibition[] = [
  {
    id: 'red-over-lower',
    source: { ...ALL, tier: ['red'] },
    target: { ...ALL, tier: ['yellow', 'blue'], except: LOSSES },
    equal: ['device'],
  },
];

/** Builds the inhibitions as written; those whose shape is at fault are left out. */
export function buildInhibitions(entries: readonly InhibitionEntry[], context: RoutingContext): Inhibition[] {
  const ids = new Set<string>();
  return entries.flatMap((entry, index) => {
    const path = ['inhibit', index];
    if (!context.sound(path)) return [];
    const { reporter } = context;
    if (ids.has(entry.id)) reporter.error('DUPLICATE_ID', [...path, 'id'], entry.id, 'another one has this name');
    ids.add(entry.id);
    const inhibition: Inhibition = {
      id: entry.id,
      source: buildSide(entry.source, [...path, 'source'], context),
      target: buildSide(entry.target, [...path, 'target'], context),
      equal: entry.equal,
    };
    checkReach(inhibition, path, context);
    return [inhibition];
  });
}

function buildSide(entry: InhibitionSideEntry, path: Path, context: RoutingContext): InhibitionMatch {
  const { profiles, devices, reporter } = context;
  const match: InhibitionMatch = {
    tier: many(entry.tier),
    profile: many(entry.profile),
    condition: many(entry.condition),
    except: many(entry.except),
    device: many(entry.device),
    tags: many(entry.tags),
  };
  const check = (key: 'profile' | 'condition' | 'except' | 'device', code: string, known: Iterable<string>) => {
    const what = key === 'except' ? 'condition' : key;
    checkNames(match[key], known, { code, what, path: [...path, key], reporter });
  };
  check('profile', 'PROFILE_UNKNOWN', profiles);
  check('device', 'DEVICE_UNKNOWN', devices);
  if (context.conditions) {
    const known = new Set([...context.conditions, ...LOSSES]);
    check('condition', 'CONDITION_UNKNOWN', known);
    check('except', 'CONDITION_UNKNOWN', known);
  }
  return match;
}

function checkReach({ source, target, equal }: Inhibition, path: Path, { reporter }: RoutingContext): void {
  if (target.tier.includes('red')) {
    const message = 'a red alarm is never hidden by another: leave red out';
    reporter.error('INHIBITION_OF_RED', [...path, 'target', 'tier'], 'red', message);
  }
  const worst = Math.max(...source.tier.map(tierRank));
  if (source.tier.length > 0 && target.tier.length > 0 && target.tier.every((tier) => tierRank(tier) > worst)) {
    const message = 'a less urgent alarm hides no more urgent one: this does nothing';
    reporter.error('INHIBITION_UPWARD', [...path, 'target', 'tier'], target.tier.join(', '), message);
  }
  if (equal.length === 0 && source.device.length === 0) {
    const message =
      'one alarm anywhere would hide others everywhere: name what both share, or the device of the source';
    reporter.error('INHIBITION_TOO_WIDE', [...path, 'equal'], '[]', message);
  }
}
