import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ACCEPT, type Behaviour, type ReceivedRequest } from '../helpers/receiver.ts';
import type { ReceiverSite } from './receiver-site.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const TROUBLE_MS = 4500;
const RETRY_AFTER_S = 2;
/** Far above what a delivery takes, far below what a receiver in trouble would cost; a shared machine has its pauses. */
const UNAFFECTED_MS = 3000;

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.dispose();
  rig = null;
});

/** Each kind of trouble, and what proves that it happened. */
const troubles: Record<
  string,
  { begin: (site: ReceiverSite) => Promise<void>; failed: (site: ReceiverSite) => boolean }
> = {
  down: { begin: (site) => site.down(), failed: () => true },
  'answering 500': answering({ kind: 'answer', status: 500 }),
  'answering 429 with Retry-After': answering({
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': String(RETRY_AFTER_S) },
  }),
  'resetting connections': answering({ kind: 'reset' }),
  slow: answering({ kind: 'delay', ms: 2500, status: 200 }),
};

function answering(behaviour: Behaviour) {
  return {
    begin: async (site: ReceiverSite) => site.behave(() => behaviour),
    failed: ({ requests }: ReceiverSite) => requests.some((request) => request.behaviour.kind === behaviour.kind),
  };
}

describe('a receiver in trouble', () => {
  test.each(Object.entries(troubles))(
    '%s: hears everything later, and the other one feels nothing (F26, F27, F28)',
    { timeout: 120_000 },
    async (name, trouble) => {
      rig = await startRig({
        seed: SEED,
        store: { kind: 'duckdb' },
        receivers: ['duty-room', 'command-centre'],
        intervalMs: 20,
      });
      const [troubled, other] = ['duty-room', 'command-centre'].map((id) => rig?.receivers.get(id));
      if (!troubled || !other) throw new Error('no receivers');
      await rig.publisher.acknowledged(300);
      const otherBefore = other.accepted;
      await trouble.begin(troubled);
      await delay(TROUBLE_MS);
      const otherHeard = other.accepted - otherBefore;
      expect(trouble.failed(troubled)).toBe(true);
      await troubled.up();
      troubled.behave(() => ACCEPT);
      const verdict = await rig.settle(60_000);
      const otherSlowestMs = slowest(other.requests);
      const troubledSlowestMs = slowest(troubled.requests);
      console.log(figures(`receiver ${name}`, verdict, { seed: SEED, otherHeard, otherSlowestMs, troubledSlowestMs }));
      expect(breaches(verdict)).toEqual([]);
      expect(otherHeard).toBeGreaterThan(20);
      expect(otherSlowestMs).toBeLessThan(UNAFFECTED_MS);
      expect(troubledSlowestMs, 'the fault was felt').toBeGreaterThan(TROUBLE_MS / 2);
      expect(earlyRetries(troubled.requests)).toEqual([]);
      expect(verdict.readings.acked).toBe(verdict.readings.sent);
    },
  );
});

/** Longest time from an event to its first arrival. */
function slowest(requests: readonly ReceivedRequest[]): number {
  const seen = new Set<string>();
  let longest = 0;
  for (const { id, at, event, accepted } of requests) {
    if (!accepted || seen.has(id)) continue;
    seen.add(id);
    longest = Math.max(longest, at - Date.parse(event.time));
  }
  return longest;
}

/** Events that came again before the time a 429 had asked for. */
function earlyRetries(requests: readonly ReceivedRequest[]): string[] {
  const notBefore = new Map<string, number>();
  const early: string[] = [];
  for (const { id, at, behaviour } of requests) {
    const until = notBefore.get(id);
    if (until !== undefined && at < until) early.push(`${id}: ${until - at} ms early`);
    notBefore.delete(id);
    if (behaviour.kind === 'answer' && behaviour.status === 429) notBefore.set(id, at + RETRY_AFTER_S * 1000 - 50);
  }
  return early;
}
