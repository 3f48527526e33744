import type { ConditionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Group } from '../model/group.ts';
import type { Reading, Status } from '../model/reading.ts';
import { Deadlines } from './deadlines.ts';
import type { DeviceSnapshot } from './device-snapshot.ts';
import { DeviceWatch, type ReleaseSink } from './device-watch.ts';
import { Groups } from './groups/groups.ts';
import type { Member } from './groups/member.ts';
import type { Trace } from './trace.ts';
import { Unsaved } from './unsaved.ts';
import type { ChangeSink, SuppressionSink, Watch } from './watch.ts';

export interface EngineSettings {
  /** A reading whose source time is further back than this is recorded, not judged. */
  readonly liveWindowMs: number;
  /** A sample that overtook another by at most this still counts in slopes. */
  readonly latenessMs: number;
}

/** A fault of the rules of one device or group. */
export interface EngineFault {
  /** Key and status of whose it was. */
  readonly order: string;
  readonly error: unknown;
}

const NO_FAULTS: readonly EngineFault[] = [];

const STATUSES: ReadonlySet<string> = new Set<Status>(['actual', 'exercise', 'test']);

/** What is kept for one device and status; only what is actual counts in groups. */
interface Seat {
  readonly watch: DeviceWatch;
  readonly member: Member | null;
}

/**
 * The rules over all devices: a pure function of (state, input, time) kept as an object for speed. Live operation,
 * recovery and tests call the same `step`, `tick` and `resume` in the order of the journal; what they do depends on
 * nothing else. A reading costs the same however many devices and rules there are.
 */
export class Engine {
  private readonly devices: ReadonlyMap<string, Device>;
  private readonly settings: EngineSettings;
  private readonly emit: ChangeSink;
  private readonly suppress: SuppressionSink;
  private readonly watches = new Map<string, Watch>();
  /** The watches of what is actual, found without making a key for every reading. */
  private readonly actual = new Map<Device, Seat>();
  private readonly groups: Groups;
  private readonly deadlines = new Deadlines<Watch>();
  private readonly unsaved = new Unsaved();
  private clock = 0;
  private restating = false;
  private readonly faults: EngineFault[] = [];

  constructor(
    devices: ReadonlyMap<string, Device>,
    settings: EngineSettings,
    emit: ChangeSink,
    groups: readonly Group[] = [],
    suppress: SuppressionSink = () => {},
  ) {
    this.devices = devices;
    this.settings = settings;
    this.emit = emit;
    this.suppress = suppress;
    this.groups = new Groups(groups, devices, settings.latenessMs, emit);
    for (const watch of this.groups.watches) this.watches.set(watch.order, watch);
  }

  /** Engine time: the latest `at` it was given. */
  get now(): number {
    return this.clock;
  }

  /** Judges one reading. Delays that ran out before its receive time run out first. */
  step(reading: Reading, seq: number): void {
    this.runOut(reading.receivedAt, seq);
    if (reading.historical) return;
    const known = reading.status === 'actual' ? this.actual.get(reading.device) : undefined;
    const { watch, member } = known ?? this.seat(reading.device, reading.status);
    if (seq > watch.savedSeq) watch.judgeClock(reading, seq);
    const believed = watch.believe(reading, this.settings.liveWindowMs);
    if (seq > watch.savedSeq) {
      if (believed) watch.judge(believed, seq);
      this.markUnsaved(watch, seq);
      this.schedule(watch);
    }
    if (!believed || !member) return;
    for (const group of member.readers) {
      if (seq <= group.savedSeq) continue;
      group.observe(believed, seq);
      this.markUnsaved(group, seq);
      this.schedule(group);
    }
  }

  /** What has failed since it was asked last, by device or group: to be told to people. */
  takeFaults(): readonly EngineFault[] {
    return this.faults.length === 0 ? NO_FAULTS : this.faults.splice(0);
  }

  /** Moves engine time to `at`: every delay and silence that is over by then takes effect, in the order of its end. */
  tick(at: number): void {
    this.runOut(at, Number.POSITIVE_INFINITY);
  }

  /** Moves engine time to `at`, before the journal's record `seq` is judged. */
  private runOut(at: number, seq: number): void {
    let ahead: Watch[] | null = null;
    for (let next = this.deadlines.take(at); next; next = this.deadlines.take(at)) {
      // Restored from after that record: where the clock was set back since, its times are not those of `at`.
      if (next.due.savedSeq >= seq) {
        ahead = [...(ahead ?? []), next.due];
        continue;
      }
      try {
        next.due.tick(next.at);
        const due = next.due.dueAt();
        // Anything else would come up again for ever, and with it end the judging of every device.
        if (due <= next.at) throw new AppError('RULE_STUCK', 'its rules did not end what was due');
        this.deadlines.schedule(next.due, due);
      } catch (error) {
        // Of one device or group, which its next reading puts on the list again; the others go on.
        this.faults.push({ order: next.due.order, error });
      }
    }
    for (const watch of ahead ?? []) this.deadlines.schedule(watch, watch.dueAt());
    if (at > this.clock) this.clock = at;
  }

  /**
   * Begins to watch at engine time `at`, after `downMs` in which nobody did and a step of the computer's clock by
   * `shiftMs`: every configured device gets its watch, the silence of that time is not held against any device, and
   * deadlines move with the clock. `seq` is the journal's record of it.
   */
  resume(at: number, downMs: number, shiftMs: number, seq: number): void {
    // Whatever ran out while we still watched did so then, ticks being no part of the journal.
    this.runOut(at - downMs - shiftMs, seq);
    this.clock = at;
    for (const watch of this.watches.values()) {
      if (seq <= watch.savedSeq) continue;
      if (shiftMs !== 0) watch.shift(shiftMs, at);
      if (downMs > 0) watch.excuse(downMs);
    }
    for (const device of this.devices.values()) this.seat(device, 'actual');
    for (const group of this.groups.watches) group.begin(at);
    for (const watch of this.watches.values()) this.markUnsaved(watch, seq);
    this.reschedule();
    // Nothing is due that is not done, here as after every other call: a position is a time and no more.
    this.runOut(at, seq + 1);
  }

  /** Emits every condition in force once more, in the order of the devices' keys, then those of groups. */
  restate(at: number): void {
    const orders = [...this.watches.keys()].sort();
    const watches = orders.flatMap((order) => this.watches.get(order) ?? []);
    this.restating = true;
    for (const watch of watches) if (watch instanceof DeviceWatch) watch.restate(at);
    this.restating = false;
    for (const member of this.groups.everyMember()) {
      for (const group of member.listeners()) group.heard.bound(member.key, member.told);
    }
    for (const watch of watches) {
      if (watch instanceof DeviceWatch) continue;
      watch.restate(at);
      this.schedule(watch);
    }
  }

  /** Lowest sequence that some watch has seen since its snapshot; Infinity = all are saved. */
  get unsavedSince(): number {
    return this.unsaved.since;
  }

  /**
   * Takes up to `most` watches that changed at or before sequence `through` and are not saved since, and the groups that
   * must be saved with them, with their state: to be written in one commit.
   */
  takeUnsaved(through: number, most = Number.POSITIVE_INFINITY): { key: string; snapshot: { seq: number } }[] {
    const taken = new Set(this.unsaved.take(through, most));
    const members = [...taken].flatMap((watch) => this.memberOf(watch) ?? []);
    // What a saved device has said it does not say again, so no group may be older than its members.
    for (const member of members) {
      for (const group of member.listeners()) if (group.heard.unsaved) taken.add(group);
    }
    const saved = [...taken].map((watch) => ({ key: watch.order, snapshot: this.snapshotOf(watch) }));
    for (const member of members) {
      for (const group of member.listeners()) group.heard.settled(member.key, member.told);
    }
    return saved;
  }

  /** Takes up a saved state; false if the device or group is no longer configured. */
  restore(key: string, snapshot: unknown): boolean {
    const known = this.watches.get(key);
    if (known && !(known instanceof DeviceWatch)) {
      known.restore(snapshot);
      return true;
    }
    const [deviceKey = '', status = ''] = key.split('|');
    const device = this.devices.get(deviceKey);
    if (!device || !STATUSES.has(status)) return false;
    const { watch, member } = this.seat(device, status as Status);
    watch.restore(snapshot);
    if (member) member.told = (snapshot as { told?: number }).told ?? 0;
    return true;
  }

  /**
   * Takes over from the engine of another configuration: its time, and the state of every watch that both have. What
   * only this one has is watched from now on. `seq` is the journal sequence that was judged last. All of it counts as
   * unsaved: what a rule that is gone has left on disk must not come back with it.
   *
   * @returns the keys of the states that nothing here takes up
   */
  takeOver(other: Engine, seq: number): string[] {
    this.clock = other.clock;
    const gone: string[] = [];
    for (const [key, watch] of other.watches) if (!this.restore(key, other.snapshotOf(watch))) gone.push(key);
    for (const device of this.devices.values()) this.seat(device, 'actual');
    for (const group of this.groups.watches) group.begin(this.clock);
    const unsaved = [...other.unsaved].flatMap((watch) => this.watches.get(watch.order) ?? []);
    for (const watch of new Set([...unsaved, ...this.watches.values()])) {
      this.unsaved.add(watch, other.watches.get(watch.order)?.dirtySince || seq);
      // What was sent by a device before it was configured is not judged after a crash either.
      if (watch.seq === 0) watch.seq = seq;
      // A silence that counts only now is not told as of a time that is past.
      this.deadlines.schedule(watch, Math.max(watch.dueAt(), this.clock));
    }
    return gone;
  }

  /** Tells `trace` of every judgement about a device from now on; null = no more. */
  follow(device: Device, trace: Trace | null): void {
    this.seat(device, 'actual').watch.follow(trace);
  }

  /** The state of one device's rules as plain data; null = nothing was ever judged for it. */
  state(key: string, status: Status): DeviceSnapshot | null {
    const watch = this.watches.get(`${key}|${status}`);
    return watch instanceof DeviceWatch ? watch.snapshot() : null;
  }

  /** Puts every watch on the list of deadlines afresh. */
  reschedule(): void {
    this.deadlines.clear();
    for (const watch of this.watches.values()) this.deadlines.schedule(watch, watch.dueAt());
  }

  private markUnsaved(watch: Watch, seq: number): void {
    if (seq <= watch.savedSeq) return;
    if (seq > watch.seq) watch.seq = seq;
    this.unsaved.add(watch, seq);
  }

  private schedule(watch: Watch): void {
    const due = watch.dueAt();
    if (due < watch.scheduledAt) this.deadlines.schedule(watch, due);
  }

  private seat(device: Device, status: Status): Seat {
    const known = status === 'actual' ? this.actual.get(device) : undefined;
    if (known) return known;
    const order = `${device.key}|${status}`;
    const drill = this.watches.get(order);
    if (drill instanceof DeviceWatch) return { watch: drill, member: null };
    const member = status === 'actual' ? this.groups.member(device.key) : null;
    const sink: ChangeSink = member ? (change) => this.tell(member, change) : this.emit;
    const released: ReleaseSink | null = member?.votes.length
      ? (reading, at, seq) => member.release(reading, at, seq, this.onTold)
      : null;
    const { latenessMs } = this.settings;
    const watch = new DeviceWatch(device, status, this.clock, latenessMs, sink, this.suppress, released);
    this.watches.set(order, watch);
    const seat = { watch, member };
    if (member) this.actual.set(device, seat);
    return seat;
  }

  private tell(member: Member, change: ConditionChange): void {
    if (this.restating) member.recall(change, this.emit);
    else member.tell(change, this.emit, this.onTold);
  }

  private readonly onTold = (group: Watch): void => this.schedule(group);

  private memberOf(watch: Watch): Member | null {
    if (!(watch instanceof DeviceWatch) || watch.status !== 'actual') return null;
    return this.actual.get(watch.device)?.member ?? null;
  }

  private snapshotOf(watch: Watch): { seq: number; told?: number } {
    const member = this.memberOf(watch);
    return member ? { ...watch.snapshot(), told: member.told } : watch.snapshot();
  }
}
