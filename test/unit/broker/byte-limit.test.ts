import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteLimit, CONNECT_BYTES, readOversizedMarker } from '../../../src/broker/byte-limit.ts';
import {
  connectPacket,
  header,
  packet,
  pingPacket,
  publishPacket,
  subscribePacket,
  text,
} from '../../helpers/mqtt-wire.ts';

/** What the parser would get of a stream that arrives in these chunks. */
function run(chunks: readonly Buffer[], packetBytes: number) {
  const limit = new ByteLimit(packetBytes);
  const out: Buffer[] = [];
  for (const chunk of chunks) {
    let next: Buffer | null = chunk;
    while (next !== null && limit.violation === null) {
      out.push(limit.push(next));
      next = limit.takeHeld();
    }
  }
  return { out: Buffer.concat(out), violation: limit.violation };
}

function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length])].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => stream.subarray(places[index], end));
}

const connect = connectPacket({ clientId: 'c' });
const anyPacket = fc.oneof(
  fc.constant(pingPacket),
  fc.constant(subscribePacket(['a/b'])),
  fc
    .record({
      topic: fc.string({ minLength: 1, maxLength: 20 }),
      size: fc.integer({ min: 0, max: 1000 }),
      qos: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ topic, size, qos }) => publishPacket(topic, Buffer.alloc(size, 7), { qos, id: 5 })),
  fc.constant(packet(0x82, Buffer.alloc(200))),
  fc.constant(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1])),
  fc.constant(header(0x30, 100_000)),
  fc.constant(packet(0x32, Buffer.concat([Buffer.from([0x7f, 0xff]), Buffer.alloc(300)]))),
);

describe('byte limit', () => {
  it('gives the same bytes however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (packets, cuts) => {
        const stream = Buffer.concat([connect, ...packets]);
        expect(run(split(stream, cuts), 150)).toEqual(run([stream], 150));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same bytes when every byte comes alone', () => {
    const stream = Buffer.concat([connect, publishPacket('a/b', Buffer.alloc(400), { qos: 1 }), pingPacket]);
    expect(
      run(
        [...stream].map((byte) => Buffer.from([byte])),
        100,
      ),
    ).toEqual(run([stream], 100));
  });

  it('passes a stream within the limit as it is, without copying', () => {
    const limit = new ByteLimit(1000);
    limit.push(connect);
    const chunk = Buffer.concat([publishPacket('a', 'x'), pingPacket, publishPacket('b', 'y', { qos: 1 })]);
    const passed = limit.push(chunk);
    expect(passed.equals(chunk)).toBe(true);
    expect(passed.buffer).toBe(chunk.buffer);
  });

  it('hands on the CONNECT alone and keeps what follows it', () => {
    const limit = new ByteLimit(1000);
    expect(limit.push(Buffer.concat([connect, pingPacket])).equals(connect)).toBe(true);
    expect(limit.takeHeld()?.equals(pingPacket)).toBe(true);
    expect(limit.takeHeld()).toBeNull();
  });

  it('replaces a PUBLISH over the limit by a marker with its flags, topic and packet id', () => {
    const big = publishPacket('v1/s/d/telemetry', Buffer.alloc(5000, 'x'), { qos: 1, id: 77, dup: true, retain: true });
    const { out, violation } = run([connect, big, pingPacket], 1000);
    expect(violation).toBeNull();
    const replaced = out.subarray(connect.length, -pingPacket.length);
    expect(replaced[0]).toBe(big[0]);
    const start = Buffer.concat([text('v1/s/d/telemetry'), Buffer.from([0, 77])]);
    expect(replaced.subarray(3, 3 + start.length).equals(start)).toBe(true);
    const marker = readOversizedMarker(replaced.subarray(3 + start.length));
    expect(marker?.declaredBytes).toBe(big.length - 3);
    expect(marker?.head.equals(Buffer.alloc(1024, 'x'))).toBe(true);
    expect(out.subarray(-2).equals(pingPacket)).toBe(true);
  });

  it.each([
    ['no CONNECT first', pingPacket, 'firstPacketNotConnect'],
    ['a CONNECT that declares too much', header(0x10, CONNECT_BYTES + 1), 'connectOversized'],
    ['a CONNECT that declares 200 MB', header(0x10, 200_000_000), 'connectOversized'],
    ['a length of five bytes', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x01]), 'lengthMalformed'],
    ['a PUBLISH beyond 16 limits', Buffer.concat([connect, header(0x30, 16_001)]), 'packetOversized'],
    ['a long SUBSCRIBE', Buffer.concat([connect, header(0x82, 1001)]), 'packetOversized'],
    [
      'a long PUBLISH whose topic does not fit',
      Buffer.concat([connect, packet(0x30, Buffer.alloc(1100, 255))]),
      'publishMalformed',
    ],
  ])('ends on %s', (_name, stream, violation) => {
    expect(run([stream], 1000).violation).toBe(violation);
  });

  it('has no limit at 0', () => {
    const big = publishPacket('a', Buffer.alloc(1_000_000));
    expect(run([Buffer.concat([connect, big])], 0).out.length).toBe(connect.length + big.length);
  });

  it('takes no payload of a client for a marker', () => {
    expect(readOversizedMarker(Buffer.alloc(0))).toBeNull();
    expect(readOversizedMarker(Buffer.alloc(100, 1))).toBeNull();
  });
});
