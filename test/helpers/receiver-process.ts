import { appendFileSync } from 'node:fs';
import { ACCEPT, startReceiver, TEST_SECRET } from './receiver.ts';

/**
 * A receiver as a process of its own, so that it and its ledger survive the kills of the engine:
 *
 *     tsx test/helpers/receiver-process.ts LEDGER [PORT] [FAILURES]
 *
 * Prints `{"port":…,"url":…}` once it listens, appends each request to LEDGER as one JSON line (a `ReceivedRequest`,
 * written before it is answered), and answers the share FAILURES (0 to 1) of the requests with 503. Ends on SIGTERM or
 * when its standard input closes, so that it does not outlive the test.
 */
const [ledger, port = '0', failures = '0'] = process.argv.slice(2);
if (ledger === undefined) {
  process.stderr.write('usage: receiver-process.ts LEDGER [PORT] [FAILURES]\n');
  process.exit(2);
}

const receiver = await startReceiver({
  port: Number(port),
  secret: process.env['WEBHOOK_SECRET'] ?? TEST_SECRET,
  behave: () => (Math.random() < Number(failures) ? { kind: 'answer', status: 503 } : ACCEPT),
  onRequest: (request) => appendFileSync(ledger, `${JSON.stringify(request)}\n`),
});
process.stdout.write(`${JSON.stringify({ port: receiver.port, url: receiver.url })}\n`);

const end = () => void receiver.close().then(() => process.exit(0));
process.once('SIGTERM', end);
process.stdin.resume().once('end', end);
