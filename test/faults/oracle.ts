/**
 * What the alarms must be, worked out from the devices' ledgers alone. Written from the README and
 * deliberately naive; it shares no code with the engine, so that a mistake would have to be made twice.
 */
import type { SentLine } from './device-ledger.ts';
import { type PlannedLimit, type PlannedPoint, POINTS, SITE, type TierName } from './site-plan.ts';

/** One event that must come: of which alarm, what, and which sample was behind it. */
export interface ExpectedEvent {
  readonly type: 'raised' | 'escalated' | 'deescalated' | 'returned';
  readonly condition: string;
  readonly tier: TierName;
  readonly value: number;
}

/** Keyed by {@link alarmKey}. */
export type Expectation = ReadonlyMap<string, readonly ExpectedEvent[]>;

/** At most one alarm is open for a device, point and direction. */
export function alarmKey(device: string, point: string, direction: string): string {
  return `${SITE}/${device}/${point}/${direction}`;
}

const PRESSURE = planned('outletPressure');
const GAS = planned('gasLevel');

function planned(id: string): PlannedPoint {
  const point = POINTS.find((each) => each.id === id);
  if (!point) throw new Error(`no point ${id} in the plan`);
  return point;
}

/** The exact sequence of events of every undelayed alarm. */
export function expectedEvents(sent: ReadonlyMap<string, readonly SentLine[]>): Expectation {
  const expectation = new Map<string, ExpectedEvent[]>();
  for (const [device, lines] of sent) {
    for (const direction of ['high', 'low'] as const) {
      const events = replay(direction, lines);
      if (events.length > 0) expectation.set(alarmKey(device, PRESSURE.id, direction), events);
    }
  }
  return expectation;
}

function replay(direction: 'high' | 'low', lines: readonly SentLine[]): ExpectedEvent[] {
  const names = direction === 'high' ? ['HH', 'H'] : ['LL', 'L'];
  // The worst first.
  const ladder = names.flatMap((name) => PRESSURE.limits.filter((limit) => limit.name === name));
  const sign = direction === 'high' ? 1 : -1;
  const tripped = new Set<string>();
  const events: ExpectedEvent[] = [];
  let inForce: PlannedLimit | null = null;
  let shown: PlannedLimit | null = null;
  let held = false;

  for (const line of lines) {
    if (line.malformed) continue;
    const value = line.outletPressure;
    const outside = value < PRESSURE.range[0] || value > PRESSURE.range[1];
    if (outside || line.pressureQuality === 'bad') continue;
    for (const limit of ladder) {
      if (sign * value >= sign * limit.at) tripped.add(limit.name);
      else if (line.pressureQuality !== 'uncertain' && sign * value < sign * (limit.at - sign * limit.deadband)) {
        tripped.delete(limit.name);
      }
    }
    const worst: PlannedLimit | null = ladder.find((limit) => tripped.has(limit.name)) ?? null;
    if (worst === inForce) continue;
    const before: PlannedLimit | null = inForce;
    inForce = worst;
    if (worst === null) {
      if (shown) events.push(event('returned', shown, value));
      continue;
    }
    // A latched alarm nobody resets is never stepped down: it keeps showing the limit that latched it.
    const steppingDown: boolean = before !== null && ladder.indexOf(worst) > ladder.indexOf(before);
    if (held && shown && ladder.indexOf(worst) >= ladder.indexOf(shown)) {
      if (before === null) events.push(event('raised', shown, value));
      continue;
    }
    shown = worst;
    held ||= worst.latch;
    if (before === null) events.push(event('raised', worst, value));
    else events.push(event(steppingDown ? 'deescalated' : 'escalated', worst, value));
  }
  return events;
}

function event(type: ExpectedEvent['type'], limit: PlannedLimit, value: number): ExpectedEvent {
  return { type, condition: `${PRESSURE.id}.${limit.name}`, tier: limit.tier, value };
}

/** How often a delayed alarm must be raised at least, and may be at most. */
export interface ExpectedCount {
  readonly atLeast: number;
  readonly atMost: number;
}

/**
 * The delayed gas alarm, per device. A leak that lasts longer than the delay by its own samples must be told; a
 * shorter one may be, because samples that come late (the engine was down) let the delay run out by the clock.
 */
export function expectedDelayed(sent: ReadonlyMap<string, readonly SentLine[]>): ReadonlyMap<string, ExpectedCount> {
  const limit = GAS.limits[0];
  const counts = new Map<string, ExpectedCount>();
  if (!limit) return counts;
  for (const [device, lines] of sent) {
    let atLeast = 0;
    let atMost = 0;
    let since: number | null = null;
    let told = false;
    for (const { gasLevel, ts, malformed } of lines) {
      if (malformed) continue;
      if (gasLevel >= limit.at) {
        if (since === null) {
          since = ts;
          told = false;
          atMost++;
        }
        if (!told && ts - since >= limit.onDelayMs) {
          told = true;
          atLeast++;
        }
      } else if (gasLevel < limit.at - limit.deadband) {
        // Whether it was raised in time or not is known with this sample: from here on it is another leak.
        if (!told && since !== null && ts - since >= limit.onDelayMs) atLeast++;
        since = null;
      }
    }
    if (atMost > 0) counts.set(alarmKey(device, GAS.id, 'high'), { atLeast, atMost });
  }
  return counts;
}
