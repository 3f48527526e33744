import type { ConditionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Group } from '../model/group.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import type { Reading, Value } from '../model/reading.ts';
import { groupsOf } from '../replay/groups.ts';
import { Engine, type EngineSettings } from '../rules/engine.ts';
import { GOOD, NOT_NAMED, readingAt, type ScanBatch } from '../store/scan.ts';
import { ArrivalOrder } from './arrival-order.ts';
import { AlarmRecorder, type CurrentAlarm, notePeak, type PastAlarm } from './past-alarm.ts';

/** The rules that the past is judged by. */
export interface RuleSet {
  /** By key; readings of others are passed over. */
  readonly devices: ReadonlyMap<string, Device>;
  /** Those that need devices which are not there are left out. */
  readonly groups: readonly Group[];
  readonly settings: EngineSettings & { readonly futureToleranceMs: number };
  /**
   * `source`: every reading counts as if it had arrived when it was measured, backfill too. `received`: as it did
   * arrive, so that what was late or historical is judged no more than it was then.
   */
  readonly arrival: 'source' | 'received';
}

/** What came of judging a span. */
export interface Judged {
  /** Epoch milliseconds: the first reading, and the last or the end that was asked for; null = there was none. */
  readonly span: { readonly from: number; readonly to: number } | null;
  readonly readings: number;
  readonly values: number;
  /** In the order of their raise. */
  readonly alarms: readonly PastAlarm[];
  /** Devices of the rule set without a reading; nothing can be said of them, so their silence is no alarm here. */
  readonly unheard: readonly string[];
  /** Devices with readings that the rule set does not have, or has with another profile. */
  readonly unknown: readonly string[];
  /** Readings that came too late to be judged, where they count as they arrived. */
  readonly late: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Slot {
  readonly device: Device;
  readonly ladders: CurrentAlarm[];
  /** The one reading that is filled anew for each row; null = the engine keeps readings of this device. */
  readonly scratch: Scratch | null;
  heard: boolean;
}

interface Scratch {
  readonly reading: Writable<Reading>;
  readonly values: (Value | undefined)[];
  readonly qualities: Quality[];
}

/** Judges readings of the past with the engine and the alarm machine as in operation, and touches nothing else. */
export class Judge {
  private readonly rules: RuleSet;
  private readonly recorder = new AlarmRecorder();
  private readonly engine: Engine;
  private readonly arrivals: ArrivalOrder | null;
  private readonly slots = new Map<string, Slot>();
  private readonly scratches = new Map<string, Scratch>();
  /** By list of a scan: what is known of its devices, at their positions. */
  private readonly slotsOf = new Map<readonly string[], (Slot | null)[]>();
  private readonly unknown = new Set<string>();
  private from: number | null = null;
  private to = 0;
  private seq = 1;
  private readings = 0;
  private values = 0;

  constructor(rules: RuleSet) {
    this.rules = rules;
    const { devices, settings, groups, arrival } = rules;
    const sink = (change: ConditionChange) => this.recorder.take(change);
    const taking = groupsOf(groups, new Set(devices.keys()));
    this.engine = new Engine(devices, settings, sink, taking, (change) => this.recorder.suppress(change));
    const { liveWindowMs, futureToleranceMs } = settings;
    this.arrivals = arrival === 'received' ? new ArrivalOrder(liveWindowMs, futureToleranceMs) : null;
  }

  get valuesJudged(): number {
    return this.values;
  }

  /** Judges the rows `from` to `to` (exclusive) of a batch; batches come in the order of their source times. */
  feed(batch: ScanBatch, from: number, to: number): void {
    const slots = this.slotsOf.get(batch.devices) ?? [];
    this.slotsOf.set(batch.devices, slots);
    for (let row = from; row < to; row++) {
      const position = batch.device[row] ?? 0;
      const known = slots[position];
      const slot = known === undefined ? this.slotOf(batch, position) : known;
      if (known === undefined) slots[position] = slot;
      if (slot) this.take(batch, row, slot);
    }
  }

  /** Lets run out what is due until `end`, if that is later than the last reading, and gives what came of it. */
  finish(end: number | null): Judged {
    this.release(Number.POSITIVE_INFINITY);
    const { from, recorder, rules } = this;
    const to = Math.max(this.to, this.engine.now, end ?? 0);
    if (from !== null) this.engine.tick(to);
    const unheard = [...rules.devices.keys()].filter((key) => !this.slots.get(key)?.heard);
    const silent = new Set(unheard);
    return {
      span: from === null ? null : { from, to },
      readings: this.readings,
      values: this.values,
      alarms: recorder.alarms.filter(({ device }) => !silent.has(device)),
      unheard,
      unknown: [...this.unknown].sort(),
      late: this.arrivals?.late ?? 0,
    };
  }

  private take(batch: ScanBatch, row: number, slot: Slot): void {
    const ts = batch.ts[row] ?? 0;
    if (this.from === null) this.begin(ts);
    this.readings++;
    slot.heard = true;
    this.to = ts;
    if (this.arrivals) {
      this.release(ts);
      this.count(batch, row);
      this.arrivals.take(readingAt(batch, row, slot.device));
    } else {
      this.judge(slot.scratch ? this.fill(batch, row, slot, slot.scratch) : this.copy(batch, row, slot), slot);
    }
  }

  private begin(ts: number): void {
    this.from = ts;
    this.engine.resume(ts, 0, 0, this.seq);
  }

  private release(ts: number): void {
    const { arrivals } = this;
    if (!arrivals) return;
    for (let next = arrivals.next(ts); next; next = arrivals.next(ts)) {
      const slot = this.slots.get(next.device.key);
      if (slot) this.judge(next, slot);
    }
  }

  private judge(reading: Reading, { ladders }: Slot): void {
    this.engine.step(reading, ++this.seq);
    if (ladders.length > 0) notePeaks(reading, ladders);
  }

  private copy(batch: ScanBatch, row: number, slot: Slot): Reading {
    this.count(batch, row);
    const reading = readingAt(batch, row, slot.device);
    return { ...reading, receivedAt: reading.ts, historical: false };
  }

  private count(batch: ScanBatch, row: number): void {
    for (const quality of batch.quality) if (quality?.[row] !== NOT_NAMED) this.values++;
  }

  /** As `readingAt`, into the same objects every time. */
  private fill(batch: ScanBatch, row: number, { device }: Slot, { reading, values, qualities }: Scratch): Reading {
    const ts = batch.ts[row] ?? 0;
    let allGood = true;
    let named = 0;
    const { points } = batch;
    for (let column = 0; column < points.length; column++) {
      const index = points[column]?.index ?? 0;
      const graded = batch.quality[column];
      const grade = graded ? (graded[row] ?? GOOD) : GOOD;
      if (grade === NOT_NAMED) {
        values[index] = undefined;
        continue;
      }
      named++;
      const value = batch.values[column]?.[row];
      values[index] = typeof value === 'number' && Number.isNaN(value) ? null : value;
      qualities[index] = QUALITIES[grade] ?? 'bad';
      if (grade !== GOOD) allGood = false;
    }
    this.values += named;
    reading.device = device;
    reading.ts = ts;
    reading.receivedAt = ts;
    reading.subMs = batch.subMs[row] ?? 0;
    reading.qualities = allGood ? null : qualities;
    return reading;
  }

  private slotOf({ devices, points }: ScanBatch, position: number): Slot | null {
    const key = devices[position] ?? '';
    const known = this.slots.get(key);
    if (known) return known;
    const device = this.rules.devices.get(key);
    if (!device || device.profile.points[points[0]?.index ?? -1] !== points[0]) {
      this.unknown.add(key);
      return null;
    }
    const keeps = device.profile.reporting.order === 'source' || this.arrivals !== null;
    const ladders = this.recorder.laddersOf(key);
    const slot = { device, ladders, scratch: keeps ? null : this.scratchOf(device), heard: false };
    this.slots.set(key, slot);
    return slot;
  }

  private scratchOf(device: Device): Scratch {
    const { id, points } = device.profile;
    const known = this.scratches.get(id);
    if (known) return known;
    const values: (Value | undefined)[] = new Array(points.length).fill(undefined);
    const qualities = new Array<Quality>(points.length).fill('good');
    const own = { ts: 0, receivedAt: 0, seq: null, subMs: 0, historical: false, clockAhead: false } as const;
    const scratch = {
      reading: { device, values, qualities: null, status: 'actual', ...own } as const,
      values,
      qualities,
    };
    this.scratches.set(id, scratch);
    return scratch;
  }
}

function notePeaks({ device, values, qualities }: Reading, ladders: readonly CurrentAlarm[]): void {
  for (const alarm of ladders) {
    const index = device.profile.pointIndex.get(alarm.point ?? '') ?? -1;
    const value = values[index];
    if (typeof value === 'number' && (qualities?.[index] ?? 'good') !== 'bad') notePeak(alarm, value);
  }
}
