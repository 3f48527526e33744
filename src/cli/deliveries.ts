import { type ClientIo, call, EngineFault, type EngineOptions, reported } from './engine-client.ts';

export interface ListOptions extends EngineOptions {
  readonly receiver?: string | undefined;
  readonly state?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface RedeliverOptions extends EngineOptions {
  readonly receiver: string;
  /** One notification, by sequence; undefined = every dead letter of the receiver. */
  readonly sequence?: number | string | undefined;
}

/** What the list shows of a notification. */
interface DeliveryItem {
  readonly receiver: string;
  readonly sequence: number;
  readonly state: string;
  readonly tier: string;
  readonly type: string;
  readonly subject: string;
  readonly attempts: number;
  readonly lastError: string | null;
  /** Absent where an engine of an earlier version answers. */
  readonly receipts?: readonly {
    readonly result: string;
    readonly status: number | null;
    readonly durationMs: number;
  }[];
}

interface Page {
  readonly items: readonly DeliveryItem[];
  readonly next: string | null;
}

/** `davylamp deliveries list`: one page of what the engine keeps. Returns the exit code: 0, or 1 if it failed. */
export async function listDeliveries(options: ListOptions, io: ClientIo): Promise<number> {
  return await reported(io, async () => {
    const page = await fetchPage(options);
    if (options.json) {
      io.out(JSON.stringify(page));
      return 0;
    }
    if (page.items.length === 0) io.out('no deliveries');
    for (const item of page.items) io.out(line(item));
    if (page.next !== null) io.out(`more: --cursor ${page.next}`);
    return 0;
  });
}

/** `davylamp deliveries redeliver`: sends one notification, or all dead letters of a receiver, again. */
export async function redeliver(options: RedeliverOptions, io: ClientIo): Promise<number> {
  return await reported(io, async () => {
    const sequences = options.sequence === undefined ? await deadLetters(options) : [options.sequence];
    for (const sequence of sequences) {
      const path = `deliveries/${encodeURIComponent(options.receiver)}/${encodeURIComponent(sequence)}/redeliver`;
      await call(options, path, { method: 'POST' });
      if (!options.json) io.out(`${options.receiver} ${sequence} is sent again`);
    }
    if (options.json) io.out(JSON.stringify({ receiver: options.receiver, redelivered: sequences }));
    else if (sequences.length === 0) io.out(`${options.receiver} has no dead letters`);
    return 0;
  });
}

/** Read to the end before the first is sent again: each one leaves the list that the cursor counts on. */
async function deadLetters(options: RedeliverOptions): Promise<readonly number[]> {
  const sequences: number[] = [];
  let cursor: string | undefined;
  do {
    const { url, receiver } = options;
    const page: Page = await fetchPage({ url, receiver, state: 'dead', cursor, limit: 1000 });
    sequences.push(...page.items.map((item) => item.sequence));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return sequences.sort((a, b) => a - b);
}

async function fetchPage({ url, receiver, state, cursor, limit }: ListOptions): Promise<Page> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ receiver, state, cursor, limit })) {
    if (value !== undefined) query.set(key, String(value));
  }
  const page = await call({ url }, query.size === 0 ? 'deliveries' : `deliveries?${query}`);
  if (!isPage(page)) throw new EngineFault('what answers there is not a Davylamp engine');
  return page;
}

function line(item: DeliveryItem): string {
  const { receiver, sequence, state, tier, type, subject, attempts, lastError, receipts = [] } = item;
  const columns = [receiver, String(sequence), state.padEnd(9), tier.padEnd(6), type, subject, `${attempts}x`];
  const last = receipts.at(-1);
  if (last) columns.push(`${last.status ?? last.result} in ${last.durationMs} ms`);
  return lastError === null ? columns.join('  ') : `${columns.join('  ')}  ${lastError}`;
}

function isPage(value: unknown): value is Page {
  return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items);
}
