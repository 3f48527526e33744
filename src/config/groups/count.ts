import type { Device } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import type { CountGroup, CountLevel, CountMember } from '../../model/group.ts';
import { TIERS, tierRank } from '../../model/tier.ts';
import type { CountEntry } from '../../rules/schema/group.ts';
import type { Path } from '../fault.ts';
import { resolveWhy } from '../text.ts';
import { type GroupContext, resolveMember, resolvePoint } from './context.ts';
import { checkWhy } from './why.ts';

/** Builds a count, reporting what cannot work; null where that is too much. */
export function buildCount(entry: CountEntry, device: Device, path: Path, context: GroupContext): CountGroup | null {
  const members = resolveMembers(entry, path, context);
  if (!members) return null;
  const levels = TIERS.flatMap((tier): CountLevel[] => {
    const at = [...path, 'levels', tier];
    const written = context.sound(at) ? entry.levels[tier] : undefined;
    if (!written) return [];
    if ((written.at === undefined) === (written.share === undefined)) {
      const message = 'give either `at`, a number of members, or `share`, a part of them';
      context.reporter.error('COUNT_UNCLEAR', at, null, message);
      return [];
    }
    return [
      {
        condition: `count.${tier}`,
        rank: tierRank(tier) + 1,
        tier,
        at: written.at ?? Math.ceil((written.share ?? 1) * members.length),
        counting: written.counting ?? entry.counting.tier,
        onDelayMs: parseDuration(entry.onDelay),
        offDelayMs: parseDuration(entry.offDelay),
        latch: false,
      },
    ];
  });
  checkLevels(levels, members.length, [...path, 'levels'], context);
  checkWhy(levels, entry.why, path, context);
  return { kind: 'count', device, members, levels, why: entry.why ? resolveWhy(entry.why) : null };
}

function resolveMembers({ members }: CountEntry, path: Path, context: GroupContext): CountMember[] | null {
  const at = [...path, 'members'];
  if (Array.isArray(members)) {
    const listed = members.map((text, i): CountMember | null => {
      const found = resolveMember(text, [...at, i], context);
      if (!found) return null;
      const { device, rest } = found;
      if (rest === '') return { device: device.key, point: null };
      return resolvePoint(device, rest, [...at, i], context.reporter) === null
        ? null
        : { device: device.key, point: rest };
    });
    const good = listed.flatMap((member) => member ?? []);
    return good.length < listed.length ? null : good;
  }
  const { site = context.site, profile, point } = members === 'all' ? {} : members;
  const chosen = [...context.devices.values()].filter(
    (device) =>
      device.site === site &&
      (profile === undefined || device.profile.id === profile) &&
      (point === undefined || device.points.some(({ id }) => id === point)),
  );
  if (chosen.length === 0) {
    context.reporter.error(
      'MEMBER_UNKNOWN',
      at,
      JSON.stringify(members),
      'no device is chosen by this: nothing is counted',
    );
    return null;
  }
  return chosen.map(({ key }) => ({ device: key, point: point ?? null }));
}

function checkLevels(levels: readonly CountLevel[], members: number, path: Path, { reporter }: GroupContext): void {
  levels.forEach((level, i) => {
    const at = [...path, level.tier];
    if (level.at > members) {
      const message = `there are ${members} members: it would never trip`;
      reporter.error('COUNT_TOO_HIGH', at, level.at, message);
    }
    const before = levels.slice(0, i).findLast(({ counting }) => counting === level.counting);
    if (before && level.at <= before.at) {
      const message = `${before.tier} trips at ${before.at} already: a more urgent level needs more members`;
      reporter.error('LIMIT_ORDER', at, level.at, message);
    }
  });
}
