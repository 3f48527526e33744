/**
 * The load of the latency benchmark, as a process of its own:
 *
 *     node --import tsx bench/alarm-load-process.ts '{"port":…,"devices":100,…}'
 *
 * Prints `{"ready":true}` when all devices are connected, publishes from the first line on standard input on, and
 * prints an {@link AlarmLoadResult} at the second.
 */
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { STAMP_POINT, stampedValue } from './alarm-stamp.ts';
import type { AlarmLoadPlan, AlarmLoadResult } from './latency.ts';
import { monotonicMs } from './monotonic.ts';
import { connectPacket, PUBACK_BYTES, publishPacket } from './packet.ts';
import { POINTS, telemetryTopic } from './site.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as AlarmLoadPlan;
const TURN_MS = 2;
const acknowledgementMs: number[] = [];
/** How much later than asked for our own turns came: what the machine, not the engine, adds to every figure. */
const latenessMs: number[] = [];
let lastTurn = 0;
let messages = 0;
let transitions = 0;
let counting = false;

class Device {
  private readonly index: number;
  private readonly socket: net.Socket;
  private readonly topic: string;
  private readonly unacknowledged: number[] = [];
  private count = 0;
  private oddBytes = 0;
  private alarming = false;

  constructor(index: number, socket: net.Socket) {
    this.index = index;
    this.socket = socket;
    this.topic = telemetryTopic(index);
    socket.on('data', (data) => this.take(data));
    socket.on('error', () => process.exit(1));
  }

  publish(): void {
    // Devices that alarm change sides every `changeEvery` messages, each at a moment of its own.
    const changes = this.index < plan.alarming && (this.count + this.index) % plan.changeEvery === 0;
    if (changes) this.alarming = !this.alarming;
    const [, second, third, fourth] = POINTS;
    const values = [second, third, fourth].map((point) => `"${point?.id}":${point?.middle}`).join(',');
    const at = monotonicMs();
    const value = stampedValue(at, this.alarming);
    const payload = `{"ts":${Date.now()},"seq":${this.count},"values":{"${STAMP_POINT}":${value},${values}}}`;
    this.socket.write(publishPacket(this.topic, payload, this.count));
    this.unacknowledged.push(at);
    this.count++;
    if (!counting) return;
    messages++;
    if (changes) transitions++;
  }

  private take(data: Buffer): void {
    const now = monotonicMs();
    const bytes = this.oddBytes + data.length;
    this.oddBytes = bytes % PUBACK_BYTES;
    for (let left = Math.floor(bytes / PUBACK_BYTES); left > 0; left--) {
      const at = this.unacknowledged.shift() ?? now;
      if (counting) acknowledgementMs.push(now - at);
    }
  }
}

async function connect(index: number): Promise<Device> {
  const socket = net.connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(connectPacket(`bench-${index}`));
  await once(socket, 'data');
  return new Device(index, socket);
}

const devices: Device[] = [];
for (let index = 0; index < plan.devices; index++) devices.push(await connect(index));
process.stdout.write('{"ready":true}\n');

let began = 0;
let published = 0;

function turn(): void {
  const now = monotonicMs();
  if (counting) latenessMs.push(Math.max(0, now - lastTurn - TURN_MS));
  lastTurn = now;
  const due = Math.floor(((now - began) / 1000) * plan.messagesPerSecond);
  for (; published < due; published++) devices[published % devices.length]?.publish();
}

let timer: NodeJS.Timeout | null = null;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'warm-up') {
    began = monotonicMs();
    lastTurn = began;
    timer = setInterval(turn, TURN_MS);
  } else if (line === 'count') {
    counting = true;
  } else {
    counting = false;
    if (timer) clearInterval(timer);
    const result: AlarmLoadResult = { messages, transitions, acknowledgementMs, latenessMs };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
