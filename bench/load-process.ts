/**
 * The load of the throughput benchmark, as a process of its own:
 *
 *     node --import tsx bench/load-process.ts '{"port":…,"connections":100,"phases":[500,4000],…}'
 *
 * It encodes all messages, connects, and prints `{"ready":true}`. Each line on standard input plays the next phase: so
 * many messages on each connection, at most `window` of them not acknowledged; then it prints a {@link PhaseResult}.
 * Its work per message is to cut a buffer and to count bytes, so that it costs the program under test as little as can
 * be.
 */
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import type { LoadPlan, PhaseResult } from './load.ts';
import { monotonicMs } from './monotonic.ts';
import { CONNACK_BYTES, connectPacket, PUBACK_BYTES, publishPacket } from './packet.ts';
import { ordinaryPayload, telemetryTopic } from './site.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
const total = plan.phases.reduce((sum, count) => sum + count, 0);

class Connection {
  acked = 0;
  private readonly packets: Buffer;
  private readonly packetBytes: number;
  private readonly socket: net.Socket;
  private sent = 0;
  private until = 0;
  private oddBytes = 0;
  private done: () => void = () => {};

  constructor(index: number, socket: net.Socket) {
    const { devicesPerConnection, firstTs, stepMs } = plan;
    const packets: Buffer[] = [];
    for (let count = 0; count < total; count++) {
      const device = index * devicesPerConnection + (count % devicesPerConnection);
      const payload = ordinaryPayload(device, Math.floor(count / devicesPerConnection), firstTs, stepMs);
      packets.push(publishPacket(telemetryTopic(device), payload, count));
    }
    this.packetBytes = packets[0]?.length ?? 0;
    if (packets.some((packet) => packet.length !== this.packetBytes)) throw new Error('packets differ in length');
    this.packets = Buffer.concat(packets);
    this.socket = socket;
    socket.on('data', (data) => this.take(data));
    socket.on('close', () => fail(`connection ${index} was closed after ${this.acked} acknowledgements`));
    socket.on('error', (error) => fail(error.message));
  }

  /** Publishes `count` more and resolves when all are acknowledged. */
  play(count: number): Promise<void> {
    this.until += count;
    return new Promise((resolve) => {
      this.done = resolve;
      this.send();
    });
  }

  private take(data: Buffer): void {
    const bytes = this.oddBytes + data.length;
    this.acked += Math.floor(bytes / PUBACK_BYTES);
    this.oddBytes = bytes % PUBACK_BYTES;
    if (this.acked === this.until) this.done();
    else if (this.sent - this.acked <= plan.window / 2) this.send();
  }

  private send(): void {
    const end = Math.min(this.until, this.acked + plan.window);
    if (end <= this.sent) return;
    this.socket.write(this.packets.subarray(this.sent * this.packetBytes, end * this.packetBytes));
    this.sent = end;
  }
}

function fail(words: string): never {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

async function login(index: number): Promise<net.Socket> {
  const socket = net.connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(connectPacket(`bench-${index}`));
  const [connack] = (await once(socket, 'data')) as [Buffer];
  if (connack.length !== CONNACK_BYTES || connack[3] !== 0) fail(`no CONNACK: ${connack.toString('hex')}`);
  return socket;
}

const connections: Connection[] = [];
for (let index = 0; index < plan.connections; index++) connections.push(new Connection(index, await login(index)));
process.stdout.write('{"ready":true}\n');

let phase = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  const count = plan.phases[phase++] ?? 0;
  const cpu = process.cpuUsage();
  const startedAt = monotonicMs();
  await Promise.all(connections.map((connection) => connection.play(count)));
  const ackedAt = monotonicMs();
  const { user, system } = process.cpuUsage(cpu);
  const result: PhaseResult = {
    messages: count * plan.connections,
    startedAt,
    ackedAt,
    cpuSeconds: (user + system) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (phase === plan.phases.length) process.exit(0);
}
