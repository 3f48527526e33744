import { ALARM_STATES, type AlarmState } from '../model/alarm.ts';
import { conditionsOf, conditionsOfGroup } from '../model/condition-name.ts';
import { parseDuration } from '../model/duration.ts';
import type { Group } from '../model/group.ts';
import { LIMIT_NAMES } from '../model/limit.ts';
import type { TrialDevice } from './devices.ts';
import type { Place } from './place.ts';
import type { ExpectationEntry, NotificationEntry, TrialEntry } from './schema.ts';
import type { Command, Expectation, Selector, Trial } from './trial.ts';

/** What the alarms and devices of a test are called. */
export interface Naming {
  /** Names of conditions and rules. */
  readonly conditions: ReadonlySet<string>;
  /** By its name in the test, its id and its key: the key of a device or group. */
  readonly devices: ReadonlyMap<string, string>;
}

/** Everything that a test may ask about: a misspelt name would be a calm that nobody has seen. */
export function createNaming(trialDevices: readonly TrialDevice[], groups: readonly Group[]): Naming {
  const conditions = new Set<string>();
  const devices = new Map<string, string>();
  for (const { name, device } of trialDevices) {
    for (const condition of conditionsOf(device.points, device.rules, device.profile.absent !== null)) {
      conditions.add(condition.name);
    }
    for (const { id } of device.rules) conditions.add(id);
    if (device.profile.clock) conditions.add('clock');
    for (const called of [device.key, device.id, ...(name === null ? [] : [name])]) devices.set(called, device.key);
  }
  for (const group of groups) {
    for (const { name } of conditionsOfGroup(group)) conditions.add(name);
    const speaking =
      group.kind === 'silence' ? [group.site, ...group.gateways].map(({ device }) => device) : [group.device];
    for (const { id, key } of speaking) for (const called of [key, id]) devices.set(called, key);
  }
  return { conditions, devices };
}

export function readExpectations(
  entries: readonly ExpectationEntry[],
  devices: readonly TrialDevice[],
  naming: Naming,
  place: Place,
): Expectation[] {
  return entries.flatMap((entry, index) => readExpectation(entry, devices, naming, place.at(['expect', index])));
}

function readExpectation(
  entry: ExpectationEntry,
  devices: readonly TrialDevice[],
  naming: Naming,
  place: Place,
): Expectation[] {
  const { at, alarm, device, none = false, state, tier, ...points } = entry;
  const common = {
    at: parseDuration(at),
    state: state === undefined ? null : readState(state, place),
    tier: tier ?? null,
    line: place.line([]),
    text: textOf(entry),
  };
  const ladders = Object.entries(points).flatMap(([key, value]) => {
    const ladder = readLadder(key, value, devices, place);
    return ladder ? [{ ...common, ...ladder }] : [];
  });
  const asked = ladders.length + (alarm !== undefined || none ? 1 : 0);
  if (asked === 0 && !place.failed()) {
    place.error('EXPECTATION_EMPTY', [], null, 'name a point (outletPressure: H), an alarm, or none: true');
  }
  if (asked > 1 && (state !== undefined || tier !== undefined)) {
    place.error('EXPECTATION_UNCLEAR', [], null, 'state and tier belong to one alarm: write an item for each');
  }
  if (tier !== undefined && (none || ladders.some((ladder) => ladder.none))) {
    place.error('EXPECTATION_UNCLEAR', ['tier'], tier, 'what is not in force has no tier: remove it');
  }
  if (alarm === undefined && !none) return ladders;
  return [...ladders, { ...common, which: readSelector({ alarm, device }, naming, place), none }];
}

/** A point and its place on the ladder, as `outletPressure: H`. */
function readLadder(
  key: string,
  value: unknown,
  devices: readonly TrialDevice[],
  place: Place,
): Pick<Expectation, 'which' | 'none'> | null {
  const points = devices.flatMap(({ name, device }) =>
    device.points.map((point) => ({ called: name === null ? point.id : `${name}.${point.id}`, device, point })),
  );
  const found = points.find(({ called }) => called === key);
  if (!found) {
    const known = points.filter(({ point }) => point.limits.length > 0).map(({ called }) => called);
    const message = `neither at, alarm, device, none, state or tier nor a point; points with limits: ${known.join(', ')}`;
    place.error('UNKNOWN_KEY', [key], value, message);
    return null;
  }
  const { point, device } = found;
  const ladder = { device: device.key, ladder: point.id, condition: null };
  if (value === 'normal') return { which: ladder, none: true };
  const has = LIMIT_NAMES.filter((name) => point.limits.some((limit) => limit.name === name));
  const limit = has.find((name) => name === value);
  if (!limit) {
    place.error('VALUE_INVALID', [key], value, `must be one of ${['normal', ...has].join(', ')}`);
    return null;
  }
  return { which: { ...ladder, condition: `${point.id}.${limit}` }, none: false };
}

function readState(text: string, place: Place): AlarmState | null {
  const state = ALARM_STATES.find((known) => known === text);
  if (!state) place.error('VALUE_INVALID', ['state'], text, `must be one of ${ALARM_STATES.join(', ')}`);
  return state ?? null;
}

function readSelector(
  { alarm, device }: { readonly alarm?: string | undefined; readonly device?: string | undefined },
  naming: Naming,
  place: Place,
): Selector {
  if (alarm !== undefined && !naming.conditions.has(alarm)) {
    const known = [...naming.conditions].join(', ');
    place.error('CONDITION_UNKNOWN', ['alarm'], alarm, `nothing here is called so; known: ${known}`);
  }
  const key = device === undefined ? null : naming.devices.get(device);
  if (key === undefined) {
    const known = [...naming.devices.keys()].join(', ');
    place.error('DEVICE_UNKNOWN', ['device'], device, `not in this test; known: ${known}`);
  }
  return { device: key ?? null, condition: alarm ?? null, ladder: null };
}

export function readCommands(entry: TrialEntry, naming: Naming, place: Place): Command[] {
  const commands = (['acknowledge', 'reset'] as const).flatMap((kind) =>
    entry[kind].map((command, index): Command => {
      const part = place.at([kind, index]);
      return {
        kind,
        at: parseDuration(command.at),
        by: command.by,
        which: readSelector(command, naming, part),
        line: part.line([]),
        text: `${kind} ${command.alarm ?? 'what there is'}`,
      };
    }),
  );
  return commands.sort((a, b) => a.at - b.at);
}

export function readNotified(
  entries: readonly NotificationEntry[],
  naming: Naming,
  receivers: readonly string[],
  place: Place,
): Trial['notified'] {
  const events = entries.map((entry, index) => {
    const part = place.at(['notified', index]);
    for (const to of entry.to ?? []) {
      if (receivers.includes(to)) continue;
      part.error('RECEIVER_UNKNOWN', ['to'], to, `no such receiver; known: ${receivers.join(', ') || 'none'}`);
    }
    const { type = null, tier = null, to = null } = entry;
    return {
      at: parseDuration(entry.at),
      which: readSelector(entry, naming, part),
      type,
      tier,
      to,
      text: textOf(entry),
    };
  });
  return { line: place.line(['notified']), events };
}

/** An item as it is written, without its braces. */
function textOf(entry: object): string {
  return Object.entries(entry)
    .map(([key, value]) => `${key}: ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`)
    .join(', ');
}
