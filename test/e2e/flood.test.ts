import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import { EngineProcess } from '../faults/engine-process.ts';
import { startReceiver, TEST_SECRET, type TestReceiver } from '../helpers/receiver.ts';

const ALARMS = 5_000;
const OVER_MS = 10_000;
const TURN_MS = 20;
/** One in so many is red. */
const RED_EVERY = 10;
const DIGEST_EVERY_MS = 60_000;

const PROFILE = `
profile: gas-detector
reporting: { mode: periodic, interval: 10s }
absent: { after: 30m, tier: blue }
points:
  gas:
    type: number
    limits: { H: { at: 20, tier: yellow }, HH: { at: 50, tier: red } }
    why: { cause: leak, consequence: explosion, action: leave, responseTime: 10m }
`;

/** What the test reads of a digest. */
interface DigestBody {
  readonly events: number;
  readonly alarms: Readonly<Record<string, number>>;
  readonly firstOut: { readonly alarm: string };
  readonly lines: readonly unknown[];
  readonly omitted: number;
}

const folder = mkdtempSync(join(tmpdir(), 'davylamp-flood-'));
const receivers: TestReceiver[] = [];
let engine: EngineProcess | null = null;

afterEach(async () => {
  if (engine?.running) await engine.kill();
  await Promise.all(receivers.map((receiver) => receiver.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<EngineProcess> {
  const config = join(folder, 'config');
  for (const part of ['profiles', 'devices']) mkdirSync(join(config, part), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(config, name), text);
  const urls = [];
  for (let i = 0; i < 2; i++) {
    const receiver = await startReceiver();
    receivers.push(receiver);
    urls.push(receiver.url);
  }
  const entry = (url: string | undefined) => `{ webhook: { url: "${url}", secret: "\${CC_SECRET}" } }`;
  write(
    'davylamp.yaml',
    'mqtt: { listeners: [{ host: 127.0.0.1, port: 0, anonymous: true }], limits: { messagesPerSecondPerClient: 0 } }\nhttp: { host: 127.0.0.1, port: 0 }\n',
  );
  write('profiles/gas-detector.yaml', PROFILE);
  const devices = Array.from({ length: ALARMS }, (_, index) => `{ id: d-${index}, profile: gas-detector }`);
  write('devices/site.yaml', `site: works\ndevices: [${devices.join(', ')}]\n`);
  write(
    'routes.yaml',
    `receivers: { centre: ${entry(urls[0])}, room: ${entry(urls[1])} }\nroutes: [{ to: [centre, room] }]\n`,
  );
  const environment = { CC_SECRET: TEST_SECRET };
  const started = new EngineProcess({ config, data: join(folder, 'data'), environment, logFile: join(folder, 'log') });
  await started.start();
  return started;
}

/** Every device speaks once, evenly over the time; gives when each did. */
async function publish(port: number): Promise<Map<string, number>> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'works-gateway' });
  const published = new Map<string, number>();
  const acknowledged: Promise<unknown>[] = [];
  const began = Date.now();
  for (let sent = 0; sent < ALARMS; ) {
    const due = Math.min(ALARMS, Math.floor(((Date.now() - began) / OVER_MS) * ALARMS));
    for (; sent < due; sent++) {
      const payload = JSON.stringify({ ts: Date.now(), values: { gas: sent % RED_EVERY === 0 ? 90 : 30 } });
      published.set(`d-${sent}`, Date.now());
      acknowledged.push(client.publishAsync(`v1/works/d-${sent}/telemetry`, payload, { qos: 1 }));
    }
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  await Promise.all(acknowledged);
  await client.endAsync();
  return published;
}

/** Types in the event log, with how often each is there. */
async function logged(api: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after: number | null = 0; after !== null; ) {
    const response = await fetch(`${api}/api/v1/events?limit=1000&after=${after}`);
    const page = (await response.json()) as { items: { type: string }[]; next: number | null };
    for (const { type } of page.items) counts.set(type, (counts.get(type) ?? 0) + 1);
    after = page.next;
  }
  return counts;
}

const ofType = (receiver: TestReceiver, type: string) =>
  receiver.accepted().filter(({ event }) => event.type === `davylamp.${type}`);

it('5,000 alarms in ten seconds: red at once, the rest in a digest a minute, and everything in the log', async () => {
  engine = await start();
  const published = await publish(engine.mqttPort);
  const lastAt = Date.now();
  for (const receiver of receivers) {
    await receiver.waitFor(() => ofType(receiver, 'digest').length >= 2, DIGEST_EVERY_MS + 20_000);
  }
  const raised = await logged(engine.api);
  expect(raised.get('davylamp.alarm.raised')).toBe(ALARMS);

  for (const receiver of receivers) {
    expect(receiver.faults()).toEqual([]);
    const alarms = ofType(receiver, 'alarm.raised');
    const reds = alarms.filter(({ event }) => event.data.alarm?.tier === 'red');
    expect(reds.length).toBe(ALARMS / RED_EVERY);
    const latencies = reds
      .map(({ event, at }) => at - (published.get(event.subject.split('/')[1] ?? '') ?? 0))
      .sort((a, b) => a - b);
    const [median, p99, worst] = [0.5, 0.99, 1].map((share) => latencies[Math.ceil(latencies.length * share) - 1] ?? 0);
    console.info(
      `red webhooks of ${alarms.length} alarms told at once: median ${median} ms, p99 ${p99} ms, worst ${worst} ms`,
    );
    expect(p99).toBeLessThan(2_000);

    const digests = ofType(receiver, 'digest');
    const bodies = digests.map(({ body }) => (JSON.parse(body) as { data: { digest: DigestBody } }).data.digest);
    const held = bodies.reduce((sum, { events }) => sum + events, 0);
    // Each raised event was told, once.
    expect(alarms.length + held).toBe(ALARMS);
    expect(digests.length).toBe(2);
    const times = digests.map(({ event }) => Date.parse(event.time));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(DIGEST_EVERY_MS);
    expect(new Set(bodies.map(({ firstOut }) => firstOut.alarm)).size).toBe(1);
    for (const { lines, events, omitted } of bodies) expect(lines.length + omitted).toBe(events);
    expect(ofType(receiver, 'system.flood-began').length).toBe(1);
    // Red waited for nothing: the last one came long before the second digest.
    expect(Math.max(...reds.map(({ at }) => at))).toBeLessThan(lastAt + 5_000);
  }
}, 120_000);
