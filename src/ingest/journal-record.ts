import { crc32 } from 'node:zlib';
import { AppError } from '../model/error.ts';
import type { Envelope } from './envelope.ts';

/**
 * A group of envelopes as the journal keeps it:
 * crc32 u32 | version u8 | count u32 | records; a record: length u32 | receivedAt f64 | oversized u32 | topic length
 * u16 | client length u16 | topic | client | payload. Little endian; the checksum covers all that follows it.
 */
const GROUP_HEADER = 9;
const RECORD_HEADER = 20;
const VERSION = 1;
const NOT_OVERSIZED = 0;

/** Bytes that an envelope will take at most. */
export function recordSize(envelope: Envelope): number {
  return RECORD_HEADER + envelope.payload.byteLength + 3 * (envelope.topic.length + envelope.client.length);
}

export function encodeGroup(envelopes: readonly Envelope[]): Buffer {
  let size = GROUP_HEADER;
  for (const envelope of envelopes) size += recordSize(envelope);
  const buffer = Buffer.allocUnsafe(size);
  let at = GROUP_HEADER;
  for (const { topic, client, payload, receivedAt, oversized } of envelopes) {
    const start = at;
    at += RECORD_HEADER;
    const topicBytes = buffer.write(topic, at);
    at += topicBytes;
    const clientBytes = buffer.write(client, at);
    at += clientBytes;
    buffer.set(payload, at);
    at += payload.byteLength;
    buffer.writeUInt32LE(at - start - 4, start);
    buffer.writeDoubleLE(receivedAt, start + 4);
    buffer.writeUInt32LE(Math.min(oversized ?? NOT_OVERSIZED, 0xffff_ffff), start + 12);
    buffer.writeUInt16LE(topicBytes, start + 16);
    buffer.writeUInt16LE(clientBytes, start + 18);
  }
  buffer[4] = VERSION;
  buffer.writeUInt32LE(envelopes.length, 5);
  buffer.writeUInt32LE(crc32(buffer.subarray(4, at)), 0);
  return buffer.subarray(0, at);
}

/**
 * The envelopes of a group, payloads as views into `buffer`.
 *
 * @throws AppError `JOURNAL_CORRUPT` when the checksum, a length or the version is not right
 */
export function decodeGroup(buffer: Buffer): Envelope[] {
  if (buffer.length < GROUP_HEADER || crc32(buffer.subarray(4)) !== buffer.readUInt32LE(0)) {
    throw new AppError('JOURNAL_CORRUPT', 'a journal group does not match its checksum: check the disk');
  }
  if (buffer[4] !== VERSION) {
    throw new AppError('JOURNAL_CORRUPT', `a journal group has version ${buffer[4]}: it is from a newer Davylamp`);
  }
  const envelopes: Envelope[] = [];
  let at = GROUP_HEADER;
  for (let n = buffer.readUInt32LE(5); n > 0; n--) {
    const end = at + 4 + buffer.readUInt32LE(at);
    const oversized = buffer.readUInt32LE(at + 12);
    const topicEnd = at + RECORD_HEADER + buffer.readUInt16LE(at + 16);
    const clientEnd = topicEnd + buffer.readUInt16LE(at + 18);
    envelopes.push({
      receivedAt: buffer.readDoubleLE(at + 4),
      oversized: oversized === NOT_OVERSIZED ? null : oversized,
      topic: buffer.toString('utf8', at + RECORD_HEADER, topicEnd),
      client: buffer.toString('utf8', topicEnd, clientEnd),
      payload: buffer.subarray(clientEnd, end),
    });
    at = end;
  }
  return envelopes;
}
