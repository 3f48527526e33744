import type { Device, Point } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import type { Channel, VoteGroup, VoteLevel } from '../../model/group.ts';
import type { LimitName } from '../../model/limit.ts';
import { TIERS, type Tier, tierRank } from '../../model/tier.ts';
import type { VoteEntry, VoteLimitEntry } from '../../rules/schema/group.ts';
import type { Path } from '../fault.ts';
import { resolveWhy, tidy } from '../text.ts';
import { type GroupContext, resolveMember, resolvePoint } from './context.ts';
import { checkWhy } from './why.ts';

/** Default deadband, as a part of the range; [D] as for the limits of points. */
const DEADBAND = 0.02;
/** Missing reports after which a channel is stale, where the vote does not say; [D] as for silence. */
const STALE_INTERVALS = 3;
/** Part of `by` by which a channel must come back; [D] as for rates. */
const DEVIATION_DEADBAND = 0.2;

interface Member extends Channel {
  readonly owner: Device;
  readonly definition: Point;
}

/** Builds a vote, reporting what cannot work; null where that is too much. */
export function buildVote(entry: VoteEntry, device: Device, path: Path, context: GroupContext): VoteGroup | null {
  const members = resolveChannels(entry, path, context);
  const first = members?.[0];
  if (!members || !first) return null;
  const limit = (name: LimitName, rank: number): VoteLevel[] => {
    const written = context.sound([...path, 'limits', name]) ? entry.limits[name] : undefined;
    return written ? [resolveLimit(name, rank, written, first.definition.range)] : [];
  };
  const high = [...limit('H', 1), ...limit('HH', 2)];
  const low = [...limit('L', 1), ...limit('LL', 2)];
  for (const level of [...high, ...low]) checkLimit(level, entry, members, [...path, 'limits', level.name], context);
  checkSide(high, [...path, 'limits', 'HH'], context);
  checkSide(low, [...path, 'limits', 'LL'], context);
  checkWhy([...high, ...low], entry.why, path, context);
  const { degraded, deviation } = entry;
  const delays = {
    onDelayMs: parseDuration(degraded.onDelay),
    offDelayMs: parseDuration(degraded.offDelay),
    latch: false,
  };
  return {
    kind: 'vote',
    device,
    channels: members.map(({ device: key, point, index }) => ({ device: key, point, index })),
    unit: first.definition.unit,
    high,
    low,
    windowMs: parseDuration(entry.window),
    staleMs: entry.stale === undefined ? defaultStale(members) : parseDuration(entry.stale),
    onBadChannel: entry.onBadChannel,
    degraded: [
      { ...delays, condition: 'degraded', rank: 1, tier: degraded.tier },
      { ...delays, condition: 'degraded.lost', rank: 2, tier: oneUp(degraded.tier) },
    ],
    deviation: deviation
      ? {
          condition: 'deviation',
          rank: 1,
          by: deviation.by,
          deadband: tidy(deviation.by * DEVIATION_DEADBAND),
          onDelayMs: parseDuration(deviation.for),
          offDelayMs: 0,
          tier: deviation.tier,
          latch: false,
        }
      : null,
    why: entry.why ? resolveWhy(entry.why) : null,
  };
}

function resolveChannels(entry: VoteEntry, path: Path, context: GroupContext): Member[] | null {
  const { reporter } = context;
  const members = entry.members.map((text, i): Member | null => {
    const at = [...path, 'members', i];
    const found = resolveMember(text, at, context);
    if (!found) return null;
    const index = resolvePoint(found.device, found.rest, at, reporter);
    const definition = index === null ? undefined : found.device.points[index];
    if (index === null || !definition) return null;
    if (definition.type === 'number' && definition.calc === null) {
      return { device: found.device.key, point: definition.id, index, owner: found.device, definition };
    }
    const what = definition.calc === null ? `a ${definition.type}` : 'calculated';
    reporter.error('MEMBER_UNFIT', at, text, `${text} is ${what}: a vote needs numbers that devices report`);
    return null;
  });
  const good = members.flatMap((member) => member ?? []);
  if (good.length < members.length) return null;
  good.forEach((member, i) => {
    if (good.findIndex(({ device, point }) => device === member.device && point === member.point) < i) {
      const message = 'the same channel twice: it would vote twice';
      reporter.error('MEMBER_TWICE', [...path, 'members', i], entry.members[i], message);
    }
    const unit = good[0]?.definition.unit;
    if (member.definition.unit !== unit) {
      const message = `in ${member.definition.unit || 'no unit'}, the first in ${unit || 'no unit'}: channels need one unit`;
      reporter.error('MEMBER_UNIT', [...path, 'members', i], entry.members[i], message);
    }
  });
  return good;
}

function resolveLimit(name: LimitName, rank: number, entry: VoteLimitEntry, range: Point['range']): VoteLevel {
  const span = range ? range[1] - range[0] : 0;
  return {
    name,
    condition: name,
    rank,
    at: entry.at,
    deadband: entry.deadband ?? tidy(span * DEADBAND),
    needed: Number(entry.vote.split('oo')[0]),
    onDelayMs: parseDuration(entry.onDelay),
    offDelayMs: parseDuration(entry.offDelay),
    tier: entry.tier,
    latch: entry.latch,
  };
}

function checkLimit(
  level: VoteLevel,
  entry: VoteEntry,
  members: readonly Member[],
  path: Path,
  { reporter }: GroupContext,
): void {
  const written = entry.limits[level.name]?.vote ?? '';
  const [needed = 0, channels = 0] = written.split('oo').map(Number);
  if (channels !== members.length) {
    const message = `the vote has ${members.length} members: write ${level.needed}oo${members.length}`;
    reporter.error('VOTE_CHANNELS', [...path, 'vote'], written, message);
  } else if (needed > channels) {
    reporter.error('VOTE_CHANNELS', [...path, 'vote'], written, `more votes than channels: ${needed} of ${channels}`);
  }
  for (const { definition, device } of members) {
    const { range } = definition;
    if (!range || (level.at >= range[0] && level.at <= range[1])) continue;
    const message = `outside the range ${range[0]} to ${range[1]} of ${device}.${definition.id}, which could never vote`;
    reporter.error('LIMIT_OUTSIDE_RANGE', [...path, 'at'], level.at, message);
    return;
  }
}

/** The worse step must ask for more (a value further off, or more votes) and be no less urgent. */
function checkSide([inner, outer]: readonly VoteLevel[], path: Path, { reporter }: GroupContext): void {
  if (!inner || !outer) return;
  const further = outer.name === 'HH' ? outer.at - inner.at : inner.at - outer.at;
  if (further < 0 || (further === 0 && outer.needed <= inner.needed)) {
    const message = `${outer.name} must be beyond ${inner.name} (${inner.at}), or at the same value with more votes`;
    reporter.error('LIMIT_ORDER', [...path, 'at'], outer.at, message);
  }
  if (tierRank(outer.tier) < tierRank(inner.tier)) {
    const message = `${outer.name} is worse than ${inner.name} and must not be less urgent (${outer.tier} after ${inner.tier})`;
    reporter.error('LIMIT_TIER', [...path, 'tier'], outer.tier, message);
  }
}

/** null where a member may be silent for as long as it likes. */
function defaultStale(members: readonly Member[]): number | null {
  const reportings = members.map(({ owner }) => owner.profile.reporting);
  if (reportings.some(({ mode }) => mode === 'exception')) return null;
  return STALE_INTERVALS * Math.max(...reportings.map(({ intervalMs }) => intervalMs));
}

function oneUp(tier: Tier): Tier {
  return TIERS[tierRank(tier) + 1] ?? tier;
}
