/**
 * The webhook receiver of the latency benchmark, as a process of its own:
 *
 *     node --import tsx bench/receiver-process.ts
 *
 * Prints `{"port":…}`; each line on standard input gives what has come since the last one, as a
 * {@link ReceiverResult}. It does not look at signatures: what it costs should not count.
 */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { publishedMs } from './alarm-stamp.ts';
import type { ReceiverResult } from './latency.ts';
import { monotonicMs } from './monotonic.ts';

interface Body {
  readonly data?: { readonly alarm?: { readonly value?: unknown } };
}

let latencyMs: number[] = [];
let repeats = 0;
let others = 0;
const seen = new Set<string>();

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const receivedAt = monotonicMs();
    response.writeHead(204).end();
    const id = String(request.headers['webhook-id']);
    const { data } = JSON.parse(Buffer.concat(parts).toString()) as Body;
    const value = data?.alarm?.value;
    if (seen.has(id)) repeats++;
    else if (typeof value === 'number') latencyMs.push(receivedAt - publishedMs(value));
    else others++;
    seen.add(id);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});

for await (const _ of createInterface({ input: process.stdin })) {
  const result: ReceiverResult = { latencyMs, repeats, others };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  latencyMs = [];
  repeats = 0;
  others = 0;
}
