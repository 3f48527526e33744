/**
 * The devices of a fault test, as a process of their own: what they know must survive whatever is done to the engine.
 *
 *     node --import tsx publisher-process.ts '{"port":…,"ledger":…,"devices":[…]}'
 *
 * A line `stop` on standard input ends production; the process exits with 0 when every reading is acknowledged. The
 * end of standard input (the test is gone) ends it at once.
 */
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import mqtt from 'mqtt';
import type { LedgerLine, SentLine } from './device-ledger.ts';
import type { PublisherPlan, PublisherProgress } from './publisher.ts';
import { createWaveform, type Sample } from './waveform.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as PublisherPlan;
const ledger = openSync(plan.ledger, 'a');
const RECONNECT_MS = 50;
const PROGRESS_MS = 100;
/** Every so many readings a device sends one that nobody can take. */
const MALFORMED_EVERY = 97;

let lines = '';
let producing = true;
let sent = 0;
let acked = 0;
let resent = 0;

function note(line: LedgerLine): void {
  lines += `${JSON.stringify(line)}\n`;
}

/** Everything noted is in the file before the bytes it speaks of leave: `sent` comes before the publication. */
function writeDown(): void {
  if (lines === '') return;
  writeSync(ledger, lines);
  lines = '';
}

/** One device: it keeps a reading, and sends it again in the old order after each reconnect, until it is acknowledged. */
class PublishingDevice {
  readonly unacked = new Map<number, SentLine>();
  private readonly id: string;
  private readonly measure: () => Sample;
  private client: mqtt.MqttClient | null = null;
  private online = false;
  private seq = 0;
  private lastTs = 0;

  constructor(id: string, seed: number) {
    this.id = id;
    this.measure = createWaveform(seed);
  }

  connect(): void {
    const client = mqtt.connect({
      host: '127.0.0.1',
      port: plan.port,
      protocol: 'mqtt',
      clientId: `fault-${this.id}`,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: 5000,
      keepalive: plan.keepaliveSeconds,
    });
    this.client = client;
    client.on('error', () => {});
    client.on('connect', () => {
      this.online = true;
      note({ kind: 'connected', device: this.id, at: Date.now() });
      for (const line of this.unacked.values()) {
        resent++;
        note({ kind: 'resent', device: this.id, seq: line.seq, at: Date.now() });
        this.send(line);
      }
    });
    client.on('close', () => {
      if (this.client !== client) return;
      this.online = false;
      this.client = null;
      client.end(true);
      setTimeout(() => this.connect(), RECONNECT_MS);
    });
  }

  /** Takes a measurement, if there is memory left for it, and publishes it. */
  produce(): SentLine | null {
    if (this.unacked.size >= plan.window) return null;
    const { outletPressure, pressureQuality, gasLevel } = this.measure();
    this.seq++;
    this.lastTs = Math.max(Date.now(), this.lastTs + 1);
    const line: SentLine = {
      kind: 'sent',
      device: this.id,
      seq: this.seq,
      ts: this.lastTs,
      outletPressure,
      ...(pressureQuality ? { pressureQuality } : {}),
      gasLevel,
      ...(this.seq % MALFORMED_EVERY === 0 ? { malformed: true } : {}),
    };
    this.unacked.set(line.seq, line);
    note(line);
    return line;
  }

  send(line: SentLine): void {
    const { client } = this;
    if (!client || !this.online) return;
    client.publish(`v1/${plan.site}/${this.id}/telemetry`, payloadOf(line), { qos: 1 }, (error) => {
      if (error || !this.unacked.delete(line.seq)) return;
      acked++;
      note({ kind: 'acked', device: this.id, seq: line.seq, at: Date.now() });
    });
  }
}

/** The same bytes for the same reading, however often it is sent. */
function payloadOf(line: SentLine): string {
  const { ts, seq, outletPressure, gasLevel, pressureQuality, malformed } = line;
  return JSON.stringify({
    ts,
    seq,
    values: { outletPressure, gasLevel },
    ...(pressureQuality ? { quality: { outletPressure: pressureQuality } } : {}),
    ...(malformed ? { status: 'nonsense' } : {}),
  });
}

const devices = plan.devices.map((id, index) => new PublishingDevice(id, plan.seed * 1000 + index));
for (const device of devices) device.connect();

setInterval(() => {
  if (producing) {
    const fresh = devices.map((device) => ({ device, line: device.produce() }));
    writeDown();
    for (const { device, line } of fresh) {
      if (line === null) continue;
      sent++;
      device.send(line);
    }
  } else if (devices.every((device) => device.unacked.size === 0)) {
    finish();
  }
}, plan.intervalMs);

setInterval(report, PROGRESS_MS);

function report(): void {
  writeDown();
  const unacked = devices.reduce((sum, device) => sum + device.unacked.size, 0);
  const progress: PublisherProgress = { sent, acked, resent, unacked };
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}

function finish(): void {
  report();
  process.exit(0);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'stop') producing = false;
  })
  .on('close', () => process.exit(1));
