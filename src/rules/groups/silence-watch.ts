import type { ActiveLevel, ConditionChange } from '../../model/condition.ts';
import type { Device } from '../../model/device.ts';
import type { SilenceGroup } from '../../model/group.ts';
import type { Reading } from '../../model/reading.ts';
import { absentLevel } from '../absence-watch.ts';
import type { ChangeSink } from '../watch.ts';
import type { GroupSnapshot, HearingWatch, ReadingWatch } from './group-watch.ts';
import { Heard, type HeardSnapshot } from './heard.ts';
import { type TrunkSnapshot, TrunkWatch } from './trunk-watch.ts';

/** Told as an alarm of the device, part of the alarm of a trunk, or waiting for the device after the trunk spoke again. */
type Telling = 'own' | 'folded' | 'waiting';

/** A device that is silent. */
interface Silent {
  readonly device: Device;
  telling: Telling;
  trunk: TrunkWatch | null;
  /** When waiting is over. */
  dueAt: number;
  /** Last sign of life. */
  readonly since: number;
}

interface SilenceSnapshot extends GroupSnapshot {
  heard: HeardSnapshot;
  trunks: Record<string, TrunkSnapshot>;
  silent: [device: string, telling: Telling, trunk: string | null, dueAt: number | null, since: number][];
}

/**
 * The silences of one site. A device that falls silent while nothing at all comes through its gateway, or from the
 * site, is part of that one alarm. When something comes again, that alarm ends, and the devices that stay silent have
 * their own after the time their profile allows, from then. Devices say that they are silent and that they are not;
 * who is told of it is decided here.
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
  private recalled: ConditionChange[] = [];
  /** Earliest end of a wait. */
  private due = Number.POSITIVE_INFINITY;
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
    this.sign(this.site, reading.receivedAt);
    const gateway = this.gatewayOf.get(reading.device.key);
    if (gateway) this.sign(gateway, reading.receivedAt);
  }

  hear(change: ConditionChange): void {
    const { device, level, at } = change;
    this.now = at;
    if (level) {
      const silent: Silent = { device, telling: 'own', trunk: null, dueAt: 0, since: change.occurredAt };
      this.silent.set(device.key, silent);
      if (!this.fold(silent)) this.emit(change);
      return;
    }
    const silent = this.silent.get(device.key);
    this.silent.delete(device.key);
    if (silent?.telling === 'own') this.emit(change);
    else if (silent?.telling === 'waiting') this.findDue();
  }

  recall(change: ConditionChange): void {
    if (change.level) this.recalled.push(change);
  }

  tick(at: number): void {
    this.now = at;
    for (const silent of this.silent.values()) {
      if (silent.telling !== 'waiting' || silent.dueAt > at) continue;
      silent.telling = 'own';
      if (!this.fold(silent)) this.tell(silent.device, absentLevel(silent.device.profile.absent), silent.since);
    }
    this.findDue();
  }

  dueAt(): number {
    return this.due;
  }

  begin(at: number): void {
    for (const trunk of this.trunks) trunk.begin(at);
  }

  excuse(ms: number): void {
    for (const trunk of this.trunks) trunk.excuse(ms);
    for (const silent of this.silent.values()) silent.dueAt += ms;
    this.findDue();
  }

  shift(ms: number, at: number): void {
    for (const trunk of this.trunks) trunk.shift(ms, at);
    for (const silent of this.silent.values()) silent.dueAt += ms;
    this.findDue();
  }

  restate(at: number): void {
    this.now = at;
    const inForce = new Map(this.recalled.map((change) => [change.device.key, change]));
    this.recalled = [];
    for (const key of this.silent.keys()) if (!inForce.has(key)) this.silent.delete(key);
    for (const [key, change] of inForce) {
      const silent = this.silent.get(key);
      if (!silent) this.silent.set(key, ownOf(change));
      if (!silent || silent.telling === 'own') this.emit(change);
    }
    for (const trunk of this.trunks) {
      if (!this.foldedInto(trunk)) trunk.tier = null;
      if (trunk.tier) this.tell(trunk.trunk.device, trunk.level(), trunk.seenAt);
    }
    this.findDue();
  }

  snapshot(): SilenceSnapshot {
    const trunks: Record<string, TrunkSnapshot> = {};
    for (const trunk of this.trunks) trunks[trunk.trunk.device.id] = trunk.snapshot();
    const silent = [...this.silent].map(
      ([key, { telling, trunk, dueAt, since }]): SilenceSnapshot['silent'][number] => [
        key,
        telling,
        trunk?.trunk.device.id ?? null,
        dueAt,
        since,
      ],
    );
    return { seq: this.seq, heard: this.heard.snapshot(), trunks, silent };
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
      const trunk = this.trunks.find((one) => one.trunk.device.id === id) ?? null;
      // Its gateway is gone: it has an alarm of its own.
      const own = telling === 'folded' && trunk === null;
      if (device) this.silent.set(key, { device, telling: own ? 'own' : telling, trunk, dueAt: dueAt ?? 0, since });
    }
    this.findDue();
  }

  /** A sign of life from behind a trunk: if it counted as silent, that is over. */
  private sign(trunk: TrunkWatch, at: number): void {
    trunk.seenAt = at;
    if (!trunk.tier) return;
    trunk.tier = null;
    this.tell(trunk.trunk.device, null, at);
    for (const silent of this.silent.values()) {
      if (silent.trunk !== trunk) continue;
      silent.telling = 'waiting';
      silent.trunk = null;
      silent.dueAt = at + (silent.device.profile.absent?.afterMs ?? 0);
    }
    this.findDue();
  }

  /** Makes a silence part of that of its site or gateway, if there is one. */
  private fold(silent: Silent): boolean {
    const gateway = this.gatewayOf.get(silent.device.key);
    const tier = silent.device.profile.absent?.tier;
    const trunk = this.site.isSilent(this.now) ? this.site : gateway?.isSilent(this.now) ? gateway : null;
    if (!trunk || !tier) return false;
    silent.telling = 'folded';
    silent.trunk = trunk;
    if (trunk.worsen(tier)) this.tell(trunk.trunk.device, trunk.level(), trunk.seenAt);
    return true;
  }

  private foldedInto(trunk: TrunkWatch): boolean {
    for (const silent of this.silent.values()) if (silent.trunk === trunk) return true;
    return false;
  }

  private findDue(): void {
    this.due = Number.POSITIVE_INFINITY;
    for (const { telling, dueAt } of this.silent.values()) {
      if (telling === 'waiting') this.due = Math.min(this.due, dueAt);
    }
  }

  private tell(device: Device, level: ActiveLevel | null, seenAt: number): void {
    this.emit({
      device,
      point: null,
      rule: null,
      direction: 'absent',
      status: 'actual',
      level,
      value: null,
      quality: level ? 'bad' : 'good',
      occurredAt: seenAt,
      receivedAt: seenAt,
      effectiveAt: this.now,
      at: this.now,
      journalSeq: this.seq,
    });
  }
}

function ownOf({ device, occurredAt }: ConditionChange): Silent {
  return { device, telling: 'own', trunk: null, dueAt: 0, since: occurredAt };
}
