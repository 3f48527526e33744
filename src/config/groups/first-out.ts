import type { Device } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import type { FirstOutGroup, FirstOutMember } from '../../model/group.ts';
import { LIMIT_NAMES, type LimitName } from '../../model/limit.ts';
import type { FirstOutEntry } from '../../rules/schema/group.ts';
import type { Path } from '../fault.ts';
import { resolveWhy } from '../text.ts';
import { type GroupContext, resolveMember } from './context.ts';
import { checkWhy } from './why.ts';

const WORSE: Readonly<Record<LimitName, LimitName | null>> = { LL: null, L: 'LL', H: 'HH', HH: null };

/** Builds a first-out group, reporting what cannot work; null where that is too much. */
export function buildFirstOut(
  entry: FirstOutEntry,
  device: Device,
  path: Path,
  context: GroupContext,
): FirstOutGroup | null {
  const members = entry.members.map((text, i): FirstOutMember | null => {
    const at = [...path, 'members', i];
    const found = resolveMember(text, at, context);
    if (!found) return null;
    if (found.rest === '*') return { device: found.device.key, conditions: null };
    const conditions = conditionsOf(found.device).get(found.rest);
    if (conditions) return { device: found.device.key, conditions: new Set(conditions) };
    const known = [...conditionsOf(found.device).keys()].join(', ') || 'none';
    const message = `${found.device.key} has no condition ${found.rest || '(none given)'}; it has *, ${known}`;
    context.reporter.error('CONDITION_UNKNOWN', at, text, message);
    return null;
  });
  checkWhy([entry], entry.why, path, context);
  const good = members.flatMap((member) => member ?? []);
  if (good.length < members.length) return null;
  return {
    kind: 'firstOut',
    device,
    members: good,
    tier: entry.tier,
    windowMs: entry.window === undefined ? context.latenessMs : parseDuration(entry.window),
    why: entry.why ? resolveWhy(entry.why) : null,
  };
}

/** What a device can raise, by the name to write for it: with each step the worse ones, in which it holds too. */
function conditionsOf({ points, rules, profile }: Device): Map<string, string[]> {
  const known = new Map<string, string[]>();
  for (const { id, limits, rates } of points) {
    for (const name of LIMIT_NAMES) {
      if (!limits.some((limit) => limit.name === name)) continue;
      const worse = WORSE[name];
      known.set(`${id}.${name}`, worse ? [`${id}.${name}`, `${id}.${worse}`] : [`${id}.${name}`]);
    }
    for (const { direction } of rates) known.set(`${id}.${direction}`, [`${id}.${direction}`]);
  }
  for (const { id, levels } of rules) {
    const names = levels.map(({ name }) => (name === '' ? id : `${id}.${name}`));
    known.set(id, names);
    names.forEach((name, i) => {
      if (name !== id) known.set(name, names.slice(i));
    });
  }
  if (profile.absent) known.set('absent', ['absent']);
  if (profile.clock) known.set('clock', ['clock']);
  return known;
}
