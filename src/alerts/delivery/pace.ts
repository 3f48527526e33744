import type { MessageRate } from '../../model/routing.ts';

/** Holds back what a receiver would refuse: no window of its rate has more requests than it takes. */
export interface Pace {
  /** Counts a request that begins now. */
  begin(at: number): void;
  /** When the next one may begin; a time that is past or now = at once. The last fifth of each window is for red ones. */
  freeAt(isRed: boolean, at: number): number;
}

/** A window is counted in so many parts: memory does not grow with the rate, and a part may count longer than it ought. */
const PARTS = 60;
const RESERVE = 1 / 5;

/** Without a rate nothing is ever held back. `begun`: when earlier requests began, as far as that is known. */
export function createPace(rate: MessageRate | null, begun: readonly number[] = []): Pace {
  if (rate === null) return { begin: () => {}, freeAt: () => Number.NEGATIVE_INFINITY };
  const { messages, perMs } = rate;
  const partMs = perMs / PARTS;
  const forOthers = messages - Math.floor(messages * RESERVE);
  /** Requests by the part they began in, oldest first. */
  let parts: { readonly part: number; count: number }[] = [];

  for (const at of [...begun].sort((a, b) => a - b)) begin(at);

  return {
    begin,
    freeAt(isRed, at) {
      const now = Math.floor(at / partMs);
      const counted = parts.filter((each) => each.part <= now && !isOver(each.part, at));
      let left = counted.reduce((sum, { count }) => sum + count, 0);
      const most = isRed ? messages : forOthers;
      let free = Number.NEGATIVE_INFINITY;
      for (const { part, count } of counted) {
        if (left < most) break;
        left -= count;
        free = endOf(part);
      }
      return free;
    },
  };

  function begin(at: number): void {
    const part = Math.floor(at / partMs);
    // A clock that was set back would make what is older count for ever.
    parts = parts.filter((each) => each.part <= part && !isOver(each.part, at));
    const last = parts.at(-1);
    if (last?.part === part) last.count++;
    else parts.push({ part, count: 1 });
  }

  /** A part counts until the window has passed after its end. */
  function endOf(part: number): number {
    return Math.ceil((part + 1) * partMs + perMs);
  }

  function isOver(part: number, at: number): boolean {
    return at >= endOf(part);
  }
}
