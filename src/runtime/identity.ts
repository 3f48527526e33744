import { createHash } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * A ULID (48 bits of time, 80 bits of hash) that follows from what it names: the same fact gets the same id when it is
 * worked out again after a crash, so that no receiver ever sees one event under two ids.
 */
export function ulidOf(epochMs: number, ...facts: (string | number)[]): string {
  let time = Math.max(0, Math.min(epochMs, 281_474_976_710_655));
  const text = new Array<string>(26);
  for (let i = 9; i >= 0; i--) {
    text[i] = CROCKFORD[time % 32] ?? '0';
    time = Math.floor(time / 32);
  }
  const hash = createHash('sha256').update(facts.join('\u0000')).digest();
  for (let i = 0; i < 16; i++) text[10 + i] = CROCKFORD[(hash[i] ?? 0) % 32] ?? '0';
  return text.join('');
}
