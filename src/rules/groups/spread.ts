import type { ChannelWatch } from './channel-watch.ts';

/** Where channels that measure the same thing lie, and which of them is furthest off. Scratch space of one vote. */
export class Spread {
  /** Middle of the usable values (mean of the middle two); null = none is usable. */
  median: number | null = null;
  /** Distance of the channel furthest from the median; null with fewer than two values. */
  distance: number | null = null;
  furthest: ChannelWatch | null = null;
  private readonly sorted: number[] = [];

  /** Looks at the channels that are not bad. */
  measure(channels: readonly ChannelWatch[]): void {
    const { sorted } = this;
    sorted.length = 0;
    for (const { bad, value } of channels) if (!bad && value !== null) insert(sorted, value);
    const half = sorted.length / 2;
    const middle = sorted[Math.floor(half)];
    this.furthest = null;
    this.distance = null;
    this.median = null;
    if (middle === undefined) return;
    const median = Number.isInteger(half) ? ((sorted[half - 1] ?? middle) + middle) / 2 : middle;
    this.median = median;
    if (sorted.length < 2) return;
    this.distance = 0;
    for (const channel of channels) {
      if (channel.bad || channel.value === null) continue;
      const distance = Math.abs(channel.value - median);
      if (this.furthest && distance <= this.distance) continue;
      this.distance = distance;
      this.furthest = channel;
    }
  }
}

function insert(sorted: number[], value: number): void {
  let i = sorted.length;
  for (; i > 0; i--) {
    const before = sorted[i - 1] ?? value;
    if (before <= value) break;
    sorted[i] = before;
  }
  sorted[i] = value;
}
