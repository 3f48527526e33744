import type { Device } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Reading, Status } from '../model/reading.ts';
import { Deadlines } from './deadlines.ts';
import { DeviceWatch } from './device-watch.ts';
import type { Trace } from './trace.ts';
import type { ChangeSink, Watch } from './watch.ts';

export interface EngineSettings {
  /** A reading whose source time is further back than this is recorded, not judged. */
  readonly liveWindowMs: number;
  /** A sample that overtook another by at most this still counts in slopes. */
  readonly latenessMs: number;
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
  private readonly watches = new Map<string, Watch>();
  /** The watches of what is actual, found without making a key for every reading. */
  private readonly actual = new Map<Device, DeviceWatch>();
  private readonly deadlines = new Deadlines<Watch>();
  private dirty: Watch[] = [];
  private clock = 0;

  constructor(devices: ReadonlyMap<string, Device>, settings: EngineSettings, emit: ChangeSink) {
    this.devices = devices;
    this.settings = settings;
    this.emit = emit;
  }

  /** Engine time: the latest `at` it was given. */
  get now(): number {
    return this.clock;
  }

  /** Judges one reading. Delays that ran out before its receive time run out first. */
  step(reading: Reading, seq: number): void {
    this.tick(reading.receivedAt);
    if (reading.historical) return;
    const known = reading.status === 'actual' ? this.actual.get(reading.device) : undefined;
    const watch = known ?? this.watch(reading.device, reading.status);
    if (seq <= watch.savedSeq) return;
    watch.judgeClock(reading, seq);
    if (reading.receivedAt - reading.ts <= this.settings.liveWindowMs) watch.judge(reading, seq);
    this.markUnsaved(watch, seq);
    const due = watch.dueAt();
    if (due < watch.scheduledAt) this.deadlines.schedule(watch, due);
  }

  /** Moves engine time to `at`: every delay and silence that is over by then takes effect, in the order of its end. */
  tick(at: number): void {
    for (let next = this.deadlines.take(at); next; next = this.deadlines.take(at)) {
      next.due.tick(next.at);
      const due = next.due.dueAt();
      // Anything else would come up again for ever, and with it end the judging of every device.
      if (due <= next.at) throw new AppError('RULE_STUCK', `the rules of ${next.due.order} did not end what was due`);
      this.deadlines.schedule(next.due, due);
    }
    if (at > this.clock) this.clock = at;
  }

  /**
   * Begins to watch at engine time `at`, after `downMs` in which nobody did and a step of the computer's clock by
   * `shiftMs`: every configured device gets its watch, the silence of that time is not held against any device, and
   * deadlines move with the clock. `seq` is the journal's record of it.
   */
  resume(at: number, downMs: number, shiftMs: number, seq: number): void {
    this.clock = at;
    for (const watch of this.watches.values()) {
      if (seq <= watch.savedSeq) continue;
      if (shiftMs !== 0) watch.shift(shiftMs, at);
      if (downMs > 0) watch.excuse(downMs);
    }
    for (const device of this.devices.values()) this.watch(device, 'actual');
    for (const watch of this.watches.values()) this.markUnsaved(watch, seq);
    this.reschedule();
  }

  /** Emits every condition in force once more, in the order of the devices' keys. */
  restate(at: number): void {
    for (const order of [...this.watches.keys()].sort()) this.watches.get(order)?.restate(at);
  }

  /** Lowest sequence that some watch has seen since its snapshot; Infinity = all are saved. */
  get unsavedSince(): number {
    return this.dirty[0]?.dirtySince ?? Number.POSITIVE_INFINITY;
  }

  /** Takes up to `most` watches that changed at or before sequence `through` and are not saved since, with their state. */
  takeUnsaved(through: number, most = Number.POSITIVE_INFINITY): { key: string; snapshot: { seq: number } }[] {
    let n = 0;
    while (n < most && n < this.dirty.length && (this.dirty[n]?.dirtySince ?? 0) <= through) n++;
    return this.dirty.splice(0, n).map((watch) => {
      watch.dirtySince = 0;
      return { key: watch.order, snapshot: watch.snapshot() };
    });
  }

  /** Takes up a saved state; false if the device is no longer configured. */
  restore(key: string, snapshot: unknown): boolean {
    const [deviceKey = '', status = ''] = key.split('|');
    const device = this.devices.get(deviceKey);
    if (!device) return false;
    const watch = this.watch(device, status as Status);
    watch.restore(snapshot);
    return true;
  }

  /** Tells `trace` of every judgement about a device from now on; null = no more. */
  follow(device: Device, trace: Trace | null): void {
    this.watch(device, 'actual').follow(trace);
  }

  /** Puts every watch on the list of deadlines afresh. */
  reschedule(): void {
    this.deadlines.clear();
    for (const watch of this.watches.values()) this.deadlines.schedule(watch, watch.dueAt());
  }

  private markUnsaved(watch: Watch, seq: number): void {
    if (seq <= watch.savedSeq) return;
    if (seq > watch.seq) watch.seq = seq;
    if (watch.dirtySince !== 0) return;
    watch.dirtySince = seq;
    this.dirty.push(watch);
  }

  private watch(device: Device, status: Status): DeviceWatch {
    const order = `${device.key}|${status}`;
    const known = this.watches.get(order);
    if (known instanceof DeviceWatch) return known;
    const watch = new DeviceWatch(device, status, this.clock, this.settings.latenessMs, this.emit);
    this.watches.set(order, watch);
    if (status === 'actual') this.actual.set(device, watch);
    return watch;
  }
}
