import type { ActiveLevel, ConditionChange } from '../../model/condition.ts';
import type { Device } from '../../model/device.ts';
import type { SilenceGroup } from '../../model/group.ts';
import type { Quality } from '../../model/quality.ts';
import type { Reading } from '../../model/reading.ts';
import { absentLevel } from '../absence-watch.ts';
import { Deadlines } from '../deadlines.ts';
import type { ChangeSink } from '../watch.ts';
import type { HearingWatch, ReadingWatch } from './group-watch.ts';
import { Heard } from './heard.ts';
import { type SilenceSnapshot, silenceChange } from './silence-change.ts';
import { type Silent, silenceOf, TrunkWatch } from './trunk-watch.ts';

/**
 * The silences of one site. Devices say that they are silent and that they are not; who is told of it is decided here.
 *
 * A gateway, or the site, is silent when nothing at all has come through it although at least half of its devices, and
 * two, should have been heard since. Slow devices are not waited for. That is one alarm: silences of devices that fall
 * due meanwhile are part of it, and those that were told since anything came are taken back into it, as is the alarm of
 * a gateway into that of the site. A device that fell silent while others were heard keeps its own alarm: its cause was
 * another one. When something comes again, the alarm ends, and the devices that stay silent have their own after the
 * time their profile allows, from then.
 *
 * What a reading costs does not depend on how many devices are silent, but for that which ends the silence of all.
 */
export class SilenceWatch implements ReadingWatch, HearingWatch {
  readonly order: string;
  readonly heard = new Heard();
  scheduledAt = Number.POSITIVE_INFINITY;
  seq = 0;
  savedSeq = 0;
  dirtySince = 0;
  private readonly emit: ChangeSink;
  private readonly site: TrunkWatch;
  private readonly trunks: readonly TrunkWatch[];
  private readonly gatewayOf = new Map<string, TrunkWatch>();
  private readonly devices: ReadonlyMap<string, Device>;
  private readonly silent = new Map<string, Silent>();
  /** Gateways whose alarm was raised since anything came from the site. */
  private readonly early = new Set<TrunkWatch>();
  private recalled: ConditionChange[] = [];
  /** Ends of waits, and when silences told already become that of their trunk. */
  private readonly deadlines = new Deadlines<Silent | TrunkWatch>();
  private now = 0;

  /** `devices`: at least those of the site, by key. */
  constructor(group: SilenceGroup, devices: ReadonlyMap<string, Device>, latenessMs: number, emit: ChangeSink) {
    this.order = `${group.device.key}|silence`;
    this.devices = devices;
    this.emit = emit;
    this.site = new TrunkWatch(group.site, latenessMs);
    const gateways = group.gateways.map((trunk) => new TrunkWatch(trunk, latenessMs));
    for (const gateway of gateways) for (const key of gateway.trunk.devices) this.gatewayOf.set(key, gateway);
    this.trunks = [this.site, ...gateways];
  }

  observe(reading: Reading, seq: number): void {
    this.seq = seq;
    this.now = reading.receivedAt;
    this.early.clear();
    this.sign(this.site, reading.receivedAt);
    const gateway = this.gatewayOf.get(reading.device.key);
    if (gateway) this.sign(gateway, reading.receivedAt);
  }

  hear(change: ConditionChange): void {
    const { device, level, at } = change;
    this.now = at;
    const known = this.silent.get(device.key);
    if (known) this.forget(known);
    if (level) {
      const silent = silenceOf(device, change.occurredAt);
      this.silent.set(device.key, silent);
      if (this.fold(silent)) return;
      this.tellOwn(silent);
      this.emit(change);
    } else if (known?.telling === 'own') this.emit(change);
  }

  recall(change: ConditionChange): void {
    if (change.level) this.recalled.push(change);
  }

  tick(at: number): void {
    this.now = at;
    for (let next = this.deadlines.take(at); next; next = this.deadlines.take(at)) {
      if (next.due instanceof TrunkWatch) this.look(next.due);
      else this.endWait(next.due);
    }
  }

  dueAt(): number {
    return this.deadlines.next();
  }

  begin(at: number): void {
    for (const trunk of this.trunks) trunk.begin(at);
  }

  excuse(ms: number): void {
    for (const trunk of this.trunks) trunk.excuse(ms);
    for (const silent of this.silent.values()) silent.dueAt += ms;
    this.reschedule();
  }

  shift(ms: number, at: number): void {
    for (const trunk of this.trunks) trunk.shift(ms, at);
    for (const silent of this.silent.values()) silent.dueAt += ms;
    this.reschedule();
  }

  restate(at: number): void {
    this.now = at;
    const inForce = new Map(this.recalled.map((change) => [change.device.key, change]));
    this.recalled = [];
    for (const [key, silent] of this.silent) if (!inForce.has(key)) this.forget(silent);
    for (const [key, change] of inForce) {
      const silent = this.silent.get(key);
      if (!silent) this.silent.set(key, silenceOf(change.device, change.occurredAt));
      if (!silent || silent.telling === 'own') this.emit(change);
    }
    for (const trunk of this.trunks) {
      if (trunk.folded.size === 0) this.endTrunk(trunk);
      if (trunk.tier) this.tell(trunk.trunk.device, trunk.level(), trunk.seenAt);
    }
  }

  snapshot(): SilenceSnapshot {
    const trunks = Object.fromEntries(this.trunks.map((one) => [one.trunk.device.id, one.snapshot()]));
    const early = Array.from(this.early, ({ trunk }) => trunk.device.id);
    const silent = Array.from(
      this.silent,
      ([key, { telling, trunk, dueAt, since }]): SilenceSnapshot['silent'][number] => [
        key,
        telling,
        trunk?.trunk.device.id ?? null,
        dueAt,
        since,
      ],
    );
    return { seq: this.seq, heard: this.heard.snapshot(), trunks, early, silent };
  }

  /** Takes up a snapshot; devices and gateways that the configuration no longer has are left out. */
  restore(saved: unknown): void {
    const snapshot = saved as SilenceSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.heard.restore(snapshot.heard, (member) => this.devices.has(member));
    for (const trunk of this.trunks) {
      const state = snapshot.trunks[trunk.trunk.device.id];
      if (state) trunk.restore(state);
    }
    this.silent.clear();
    for (const [key, telling, id, dueAt, since] of snapshot.silent) {
      const device = this.devices.get(key);
      if (!device) continue;
      const trunk = this.trunksOf(key).find((one) => one.trunk.device.id === id) ?? null;
      // Its gateway is gone, or another one: it has an alarm of its own.
      const own = telling === 'folded' && trunk === null;
      const silent: Silent = { ...silenceOf(device, since), telling: own ? 'own' : telling, trunk, dueAt: dueAt ?? 0 };
      this.silent.set(key, silent);
      trunk?.folded.add(silent);
    }
    this.restoreFresh(snapshot);
    this.reschedule();
  }

  /** In the order in which they were told, as they will be taken back. */
  private restoreFresh({ trunks, early = [] }: SilenceSnapshot): void {
    this.early.clear();
    for (const id of early) {
      const gateway = this.trunks.find(({ trunk }) => trunk.device.id === id);
      if (gateway) this.early.add(gateway);
    }
    for (const trunk of this.trunks) {
      for (const key of trunks[trunk.trunk.device.id]?.fresh ?? []) {
        const silent = this.silent.get(key);
        if (silent && this.trunksOf(key).includes(trunk)) trunk.fresh.add(silent);
      }
    }
  }

  /** A sign of life from behind a trunk: if it counted as silent, that is over. */
  private sign(trunk: TrunkWatch, at: number): void {
    trunk.seenAt = at;
    if (trunk.fresh.size > 0) trunk.fresh.clear();
    if (!trunk.tier) return;
    trunk.tier = null;
    this.tell(trunk.trunk.device, null, at);
    for (const silent of trunk.folded) {
      silent.telling = 'waiting';
      silent.trunk = null;
      silent.dueAt = at + (silent.device.profile.absent?.afterMs ?? 0);
      this.deadlines.schedule(silent, silent.dueAt);
    }
    trunk.folded.clear();
  }

  /** The device is still silent though its trunk has long been heard again. */
  private endWait(silent: Silent): void {
    silent.telling = 'own';
    if (this.fold(silent)) return;
    this.tellOwn(silent);
    this.tell(silent.device, absentLevel(silent.device.profile.absent), silent.since);
  }

  /** Several of its devices are told as silent: puts them together if the trunk is. */
  private look(trunk: TrunkWatch): void {
    if (trunk.dueAt() > this.now) this.deadlines.schedule(trunk, trunk.dueAt());
    else this.gather(this.site.dueAt() <= this.now ? this.site : trunk, []);
  }

  /** Makes a silence part of that of its site or gateway, if there is one. */
  private fold(silent: Silent): boolean {
    const trunk = this.trunksOf(silent.device.key).find((one) => one.isSilent(this.now));
    if (!trunk || !silent.device.profile.absent) return false;
    this.gather(trunk, [silent]);
    return true;
  }

  /** Puts silences, and everything told since anything came through a trunk, together in its alarm. */
  private gather(trunk: TrunkWatch, untold: readonly Silent[]): void {
    const devices = [...trunk.fresh];
    const gateways = trunk === this.site ? [...this.early] : [];
    if (trunk !== this.site && trunk.tier === null) this.early.add(trunk);
    let isWorse = false;
    for (const silent of [...untold, ...devices, ...gateways.flatMap(({ folded }) => [...folded])]) {
      isWorse = this.put(silent, trunk) || isWorse;
    }
    if (isWorse) this.tell(trunk.trunk.device, trunk.level(), trunk.seenAt);
    for (const { device } of devices) this.takeBack(device);
    for (const gateway of gateways) {
      this.endTrunk(gateway);
      this.takeBack(gateway.trunk.device);
    }
  }

  /** Makes a silence part of that of a trunk; true if that makes it an alarm, or a worse one. */
  private put(silent: Silent, trunk: TrunkWatch): boolean {
    for (const one of this.trunksOf(silent.device.key)) {
      one.fresh.delete(silent);
      one.folded.delete(silent);
    }
    silent.telling = 'folded';
    silent.trunk = trunk;
    return trunk.add(silent);
  }

  /** Notes that a silence is told of its device: it may turn out to be that of a trunk. */
  private tellOwn(silent: Silent): void {
    for (const trunk of this.trunksOf(silent.device.key)) {
      trunk.fresh.add(silent);
      this.deadlines.schedule(trunk, trunk.dueAt());
    }
  }

  private endTrunk(trunk: TrunkWatch): void {
    trunk.tier = null;
    this.early.delete(trunk);
  }

  private forget(silent: Silent): void {
    this.silent.delete(silent.device.key);
    this.deadlines.remove(silent);
    for (const trunk of this.trunksOf(silent.device.key)) {
      trunk.fresh.delete(silent);
      trunk.folded.delete(silent);
    }
  }

  /** What a device speaks through, the widest first. */
  private trunksOf(key: string): readonly TrunkWatch[] {
    const gateway = this.gatewayOf.get(key);
    return gateway ? [this.site, gateway] : [this.site];
  }

  private reschedule(): void {
    this.deadlines.clear();
    for (const trunk of this.trunks) this.deadlines.schedule(trunk, trunk.dueAt());
    for (const silent of this.silent.values()) {
      if (silent.telling === 'waiting') this.deadlines.schedule(silent, silent.dueAt);
    }
  }

  /** Ends an alarm of a silence that goes on as part of another one. */
  private takeBack(device: Device): void {
    this.tell(device, null, this.now, 'bad');
  }

  private tell(
    device: Device,
    level: ActiveLevel | null,
    seenAt: number,
    quality: Quality = level ? 'bad' : 'good',
  ): void {
    this.emit(silenceChange({ device, level, quality, seenAt, at: this.now, journalSeq: this.seq }));
  }
}
