import type { ActiveLevel } from '../../model/condition.ts';
import type { Device } from '../../model/device.ts';
import type { Trunk } from '../../model/group.ts';
import { type Tier, tierRank } from '../../model/tier.ts';
import type { Due } from '../deadlines.ts';

/** So many silences told since anything came become that of the trunk without a further one. */
const TOGETHER = 2;

/** Told as an alarm of the device, part of the alarm of a trunk, or waiting for the device after the trunk spoke again. */
export type Telling = 'own' | 'folded' | 'waiting';

/** A device that is silent. */
export interface Silent extends Due {
  readonly device: Device;
  telling: Telling;
  /** The trunk whose silence it is part of. */
  trunk: TrunkWatch | null;
  /** When waiting is over. */
  dueAt: number;
  /** Last sign of life. */
  readonly since: number;
}

/** A silence that is told of the device itself. */
export function silenceOf(device: Device, since: number): Silent {
  return {
    device,
    order: device.key,
    scheduledAt: Number.POSITIVE_INFINITY,
    telling: 'own',
    trunk: null,
    dueAt: 0,
    since,
  };
}

/** State of one trunk as plain data. */
export interface TrunkSnapshot {
  /** null = not watched yet. */
  seenAt: number | null;
  tier: Tier | null;
  /** Keys of the devices in {@link TrunkWatch.fresh}; states of older versions have none. */
  fresh?: string[];
}

/** When something last came through a gateway, or from a site. Engine time, epoch milliseconds. */
export class TrunkWatch implements Due {
  readonly order: string;
  scheduledAt = Number.POSITIVE_INFINITY;
  readonly trunk: Trunk;
  /** The last reading of any of its devices, or when we began to watch; Infinity = not yet. */
  seenAt = Number.POSITIVE_INFINITY;
  /** The worst tier among the silences that are part of its own; null = it has none. */
  tier: Tier | null = null;
  /** Silences that are part of its own. */
  readonly folded = new Set<Silent>();
  /** Silences told of their devices since anything came: they had the same cause if it turns out to be silent. */
  readonly fresh = new Set<Silent>();
  private readonly afterMs: number;

  /** `latenessMs` comes on top: a report that is due may be so late. */
  constructor(trunk: Trunk, latenessMs: number) {
    this.trunk = trunk;
    this.order = trunk.device.key;
    this.afterMs = trunk.silentAfterMs === null ? Number.POSITIVE_INFINITY : trunk.silentAfterMs + latenessMs;
  }

  /** True when at least half of its devices should have been heard since anything came, and none was. */
  isSilent(at: number): boolean {
    return at - this.seenAt >= this.afterMs;
  }

  /** When silences told already become that of the trunk, if nothing comes until then; Infinity = they do not. */
  dueAt(): number {
    return this.fresh.size >= TOGETHER ? this.seenAt + this.afterMs : Number.POSITIVE_INFINITY;
  }

  /** Adds a silence to its own; true if that makes it an alarm, or a worse one. */
  add(silent: Silent): boolean {
    this.folded.add(silent);
    const tier = silent.device.profile.absent?.tier ?? 'blue';
    if (this.tier !== null && tierRank(tier) <= tierRank(this.tier)) return false;
    this.tier = tier;
    return true;
  }

  /** The condition in force, or null; `measured` is the number of devices that are silent. */
  level(): ActiveLevel | null {
    if (this.tier === null) return null;
    const { tier } = this;
    return {
      condition: 'absent',
      rank: tierRank(tier) + 1,
      tier,
      limit: null,
      latch: false,
      measured: this.trunk.watched,
    };
  }

  begin(at: number): void {
    if (this.seenAt === Number.POSITIVE_INFINITY) this.seenAt = at;
  }

  excuse(ms: number): void {
    this.seenAt += ms;
  }

  shift(ms: number, at: number): void {
    if (this.seenAt !== Number.POSITIVE_INFINITY) this.seenAt = Math.min(this.seenAt + ms, at);
  }

  snapshot(): TrunkSnapshot {
    const fresh = Array.from(this.fresh, ({ device }) => device.key);
    return { seenAt: Number.isFinite(this.seenAt) ? this.seenAt : null, tier: this.tier, fresh };
  }

  /** Takes up a snapshot; the silences themselves are put back by whoever holds them. */
  restore({ seenAt, tier }: TrunkSnapshot): void {
    this.seenAt = seenAt ?? Number.POSITIVE_INFINITY;
    this.tier = tier;
    this.folded.clear();
    this.fresh.clear();
  }
}
