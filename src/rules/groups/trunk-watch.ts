import type { ActiveLevel } from '../../model/condition.ts';
import type { Trunk } from '../../model/group.ts';
import { type Tier, tierRank } from '../../model/tier.ts';

/** State of one trunk as plain data. */
export interface TrunkSnapshot {
  /** null = not watched yet. */
  seenAt: number | null;
  tier: Tier | null;
}

/** When something last came through a gateway, or from a site. Engine time, epoch milliseconds. */
export class TrunkWatch {
  readonly trunk: Trunk;
  /** The last reading of any of its devices, or when we began to watch; Infinity = not yet. */
  seenAt = Number.POSITIVE_INFINITY;
  /** The worst tier among the silences that are part of its own; null = it has none. */
  tier: Tier | null = null;
  private readonly afterMs: number;

  /** `latenessMs` comes on top: a report that is due may be so late. */
  constructor(trunk: Trunk, latenessMs: number) {
    this.trunk = trunk;
    this.afterMs = trunk.silentAfterMs === null ? Number.POSITIVE_INFINITY : trunk.silentAfterMs + latenessMs;
  }

  /** True when nothing has come for longer than the slowest of its devices takes. */
  isSilent(at: number): boolean {
    return at - this.seenAt >= this.afterMs;
  }

  /** Adds a silence to its own; true if that makes it an alarm, or a worse one. */
  worsen(tier: Tier): boolean {
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
    return { seenAt: Number.isFinite(this.seenAt) ? this.seenAt : null, tier: this.tier };
  }

  restore({ seenAt, tier }: TrunkSnapshot): void {
    this.seenAt = seenAt ?? Number.POSITIVE_INFINITY;
    this.tier = tier;
  }
}
