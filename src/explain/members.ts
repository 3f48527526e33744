import type { Alarm } from '../model/alarm.ts';
import type { Device } from '../model/device.ts';
import type { Group, VoteGroup, VoteLevel } from '../model/group.ts';
import type { Text } from '../model/text.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import { judgeLimit } from '../rules/ladder.ts';
import type { Ballot, Member } from './explanation.ts';
import { shown } from './terms.ts';

/** So many are told. */
const MOST_MEMBERS = 50;

/** Where the state of members is asked for. `now`: epoch milliseconds. */
export interface MemberSource {
  readonly devices: ReadonlyMap<string, Device>;
  /** The rules of a device as they stand; null = nothing was ever judged. */
  stateOf(deviceKey: string): DeviceSnapshot | null;
  readonly now: number;
}

/** What the group of an alarm judges together, as it stands; none where there is no such group. */
export function membersOf(groups: readonly Group[], alarm: Alarm, source: MemberSource): Member[] {
  const key = `${alarm.site}/${alarm.device}`;
  const members = groups.flatMap((group) => membersOfGroup(group, key, alarm, source));
  const told = new Map(members.map((one) => [`${one.device} ${one.point}`, one]));
  return [...told.values()].slice(0, MOST_MEMBERS);
}

/** A member with what it last said, and what it does in the vote. */
export function memberText({ device, point, unit, value, quality, state, vote }: Member): Text {
  const name = point === null ? device : `${device} ${point}`;
  const said = point === null ? null : shown(value, unit);
  const parts = [
    ...(said ? [said] : []),
    ...(quality === null || quality === 'good' ? [] : [{ en: quality, zh: quality === 'bad' ? '无效' : '不确定' }]),
    STATES[state],
    ...(vote === null ? [] : [VOTES[vote]]),
  ];
  return {
    en: `${name} ${parts.map(({ en }) => en).join(', ')}`,
    zh: `${name} ${parts.map(({ zh }) => zh).join('，')}`,
  };
}

const STATES: Readonly<Record<Member['state'], Text>> = {
  alarm: { en: 'in alarm', zh: '报警' },
  normal: { en: 'normal', zh: '正常' },
  silent: { en: 'silent', zh: '数据中断' },
  notJudged: { en: 'never heard', zh: '从未上报' },
};

const VOTES: Readonly<Record<Ballot, Text>> = {
  yes: { en: 'counts', zh: '计票' },
  no: { en: 'does not count', zh: '不计票' },
  mayHold: { en: 'no longer beyond the limit, may still count', zh: '已不越限，可能仍计票' },
  badCounts: { en: 'bad, counts', zh: '无效，计票' },
  badLeftOut: { en: 'bad, left out', zh: '无效，不参与表决' },
};

function membersOfGroup(group: Group, key: string, alarm: Alarm, source: MemberSource): Member[] {
  if (group.kind === 'silence') {
    const trunk = [group.site, ...group.gateways].find(({ device }) => device.key === key);
    return (trunk?.devices ?? []).map((device) => memberOf(device, null, source));
  }
  if (group.device.key !== key) return [];
  if (group.kind === 'vote') {
    const level = [...group.high, ...group.low].find(({ condition }) => condition === alarm.condition) ?? null;
    return group.channels.map(({ device, point }) => {
      const member = memberOf(device, point, source);
      return { ...member, vote: level && ballotOf(member, level, group, source) };
    });
  }
  if (group.kind === 'count') return group.members.map(({ device, point }) => memberOf(device, point, source));
  return group.members.map(({ device }) => memberOf(device, null, source));
}

function memberOf(device: string, pointId: string | null, { devices, stateOf }: MemberSource): Member {
  const state = stateOf(device);
  const point = devices.get(device)?.points.find(({ id }) => id === pointId);
  const saved = pointId === null ? undefined : state?.points[pointId];
  return {
    device,
    point: pointId,
    unit: point?.unit ?? '',
    value: saved?.value ?? null,
    quality: pointId === null ? null : (saved?.quality ?? 'bad'),
    ts: pointId === null ? (state?.seenAt ?? null) : (saved?.ts ?? null),
    state: stateText(devices.get(device), pointId, state),
    vote: null,
  };
}

function stateText(device: Device | undefined, pointId: string | null, state: DeviceSnapshot | null): Member['state'] {
  if (!state) return 'notJudged';
  if (state.absent) return 'silent';
  const points = pointId === null ? Object.values(state.points) : [state.points[pointId]];
  const index = device?.points.find(({ id }) => id === pointId)?.index;
  const ofPoint = (device?.points ?? []).filter(({ id }) => pointId === null || id === pointId);
  const rates = ofPoint.flatMap(({ id, rates: each }) => each.map(({ direction }) => `${id}.${direction}`));
  const rules = (device?.rules ?? []).filter((rule) => pointId === null || rule.point === index);
  const watches = [...points, ...[...rates, ...rules.map(({ id }) => id)].map((id) => state.rules[id])];
  // An alarm that is about to clear is still one.
  const isActive = watches.some((one) => one?.holds.some(([, phase]) => phase === 'active' || phase === 'pendingOff'));
  return isActive ? 'alarm' : 'normal';
}

/** A bad channel is one of bad quality, without a number, or silent for longer than the vote allows. */
function ballotOf(member: Member, level: VoteLevel, group: VoteGroup, { stateOf, now }: MemberSource): Ballot {
  const seenAt = stateOf(member.device)?.points[member.point ?? '']?.freshAt ?? 0;
  const stale = group.staleMs !== null && now - seenAt >= group.staleMs;
  const { value, quality } = member;
  if (quality === 'bad' || typeof value !== 'number' || stale) {
    return group.onBadChannel === 'safe' ? 'badCounts' : 'badLeftOut';
  }
  const verdict = judgeLimit(level, value);
  if (verdict === 'tripped') return 'yes';
  return verdict === 'between' || group.windowMs > 0 ? 'mayHold' : 'no';
}
