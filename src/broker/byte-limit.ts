import { randomBytes } from 'node:crypto';
import { TOPIC_BYTES } from './topic.ts';

/** Declared length of the longest CONNECT that is taken. */
export const CONNECT_BYTES = 4096;

/** A PUBLISH up to this many times the limit is swallowed and acknowledged; a longer one ends the connection. */
export const SWALLOW_FACTOR = 16;

/** Bytes of a swallowed payload that are kept for the dead letter. */
export const HEAD_BYTES = 1024;

/** Why a byte stream ends its connection. */
export type StreamViolation =
  | 'firstPacketNotConnect'
  | 'connectOversized'
  | 'lengthMalformed'
  | 'packetOversized'
  | 'publishMalformed';

const CONNECT = 1;
const PUBLISH = 3;
const EMPTY = Buffer.alloc(0);
/** Longest part of a PUBLISH before its payload: topic length, topic, packet id. */
const VARIABLE_HEADER_BYTES = 2 + TOPIC_BYTES + 2;
/** Known to this process only, so no client can write a payload that passes for a marker. */
const TOKEN = randomBytes(16);
const TOKEN_START = TOKEN.readUInt32LE(0);
const MARKER_BYTES = TOKEN.length + 4;

/** What is left of a PUBLISH that was longer than the limit. */
export interface OversizedMarker {
  /** Remaining length that its fixed header declared. */
  readonly declaredBytes: number;
  /** The first bytes of its payload, at most {@link HEAD_BYTES}. */
  readonly head: Buffer;
}

/** Reads the payload that {@link ByteLimit} put in place of a swallowed one; null for any other payload. */
export function readOversizedMarker(payload: Buffer): OversizedMarker | null {
  if (payload.length < MARKER_BYTES || payload.readUInt32LE(0) !== TOKEN_START) return null;
  if (!payload.subarray(0, TOKEN.length).equals(TOKEN)) return null;
  return { declaredBytes: payload.readUInt32BE(TOKEN.length), head: payload.subarray(MARKER_BYTES) };
}

/**
 * Follows the MQTT framing of one connection and decides by the declared length, before anything is buffered. Aedes has
 * no limit of its own: three sockets with an unfinished 200 MB CONNECT held 600 MB.
 *
 * The first packet must be a CONNECT of at most {@link CONNECT_BYTES}; what follows it in the same chunk waits
 * for {@link takeHeld}. After that a PUBLISH over the limit is replaced by a small one with the same flags, topic and packet id and a
 * marker as payload. Chunks without any such packet pass uncopied.
 */
export class ByteLimit {
  /** Set once; nothing after it is handed on, and the connection has to be closed. */
  violation: StreamViolation | null = null;
  /** The whole CONNECT has been handed on. */
  connectPassed = false;
  readonly #packetBytes: number;
  #held: Buffer | null = null;
  #splitHeader: Buffer = EMPTY;
  #passing = 0;
  #swallowed: SwallowedPublish | null = null;

  /** `packetBytes` is the greatest remaining length after the login; 0 = no limit. */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  /** Gives the bytes that came after the CONNECT, once, to be pushed again after the login. */
  takeHeld(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }

  /** Takes the next bytes of the socket and gives those that the parser gets; may be empty. */
  push(chunk: Buffer): Buffer {
    const data = this.#splitHeader.length === 0 ? chunk : Buffer.concat([this.#splitHeader, chunk]);
    this.#splitHeader = EMPTY;
    const out: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < data.length) {
      if (this.#swallowed) {
        at += this.#swallowed.take(data, at);
        from = at;
        if (this.#swallowed.left > 0) break;
        const replacement = this.#swallowed.replacement();
        this.#swallowed = null;
        if (replacement === null) {
          this.violation = 'publishMalformed';
          break;
        }
        out.push(replacement);
        continue;
      }
      if (this.#passing > 0) {
        const count = Math.min(this.#passing, data.length - at);
        at += count;
        this.#passing -= count;
        if (this.#passing > 0) break;
        if (!this.connectPassed) {
          this.connectPassed = true;
          if (at < data.length) this.#held = data.subarray(at);
          break;
        }
        continue;
      }
      const firstByte = data[at] ?? 0;
      const type = firstByte >> 4;
      if (!this.connectPassed && type !== CONNECT) {
        this.violation = 'firstPacketNotConnect';
        break;
      }
      const header = readLength(data, at + 1);
      if (header === 'malformed') {
        this.violation = 'lengthMalformed';
        break;
      }
      if (header === 'split') {
        // At most four bytes; copied, so that the chunk they came in can go.
        this.#splitHeader = Buffer.from(data.subarray(at));
        break;
      }
      if (!this.connectPassed && header.length > CONNECT_BYTES) {
        this.violation = 'connectOversized';
        break;
      }
      if (this.connectPassed && this.#packetBytes > 0 && header.length > this.#packetBytes) {
        if (type !== PUBLISH || header.length > SWALLOW_FACTOR * this.#packetBytes) {
          this.violation = 'packetOversized';
          break;
        }
        if (at > from) out.push(data.subarray(from, at));
        this.#swallowed = new SwallowedPublish(firstByte, header.length);
        at = header.end;
        from = at;
        continue;
      }
      at = header.end;
      this.#passing = header.length;
    }
    if (at > from) out.push(data.subarray(from, at));
    return out.length === 1 ? (out[0] ?? EMPTY) : Buffer.concat(out);
  }
}

/** A PUBLISH over the limit: its bytes are counted, only its beginning is kept. */
class SwallowedPublish {
  left: number;
  readonly #firstByte: number;
  readonly #declaredBytes: number;
  readonly #kept: Buffer[] = [];
  #wanted: number;

  constructor(firstByte: number, declaredBytes: number) {
    this.#firstByte = firstByte;
    this.#declaredBytes = declaredBytes;
    this.left = declaredBytes;
    this.#wanted = Math.min(declaredBytes, VARIABLE_HEADER_BYTES + HEAD_BYTES);
  }

  take(data: Buffer, at: number): number {
    const count = Math.min(this.left, data.length - at);
    const keep = Math.min(count, this.#wanted);
    if (keep > 0) this.#kept.push(Buffer.from(data.subarray(at, at + keep)));
    this.#wanted -= keep;
    this.left -= count;
    return count;
  }

  replacement(): Buffer | null {
    const start = Buffer.concat(this.#kept);
    const topicBytes = start.length < 2 ? Number.POSITIVE_INFINITY : start.readUInt16BE(0);
    const qos = (this.#firstByte >> 1) & 3;
    const payloadAt = 2 + topicBytes + (qos > 0 ? 2 : 0);
    if (topicBytes > TOPIC_BYTES || payloadAt > start.length) return null;
    const declared = Buffer.alloc(4);
    declared.writeUInt32BE(this.#declaredBytes);
    const body = [start.subarray(0, payloadAt), TOKEN, declared, start.subarray(payloadAt, payloadAt + HEAD_BYTES)];
    const length = body.reduce((sum, part) => sum + part.length, 0);
    return Buffer.concat([Buffer.from([this.#firstByte, ...lengthBytes(length)]), ...body]);
  }
}

/** Reads a remaining length field, at most four bytes (MQTT 3.1.1 section 2.2.3). */
function readLength(data: Buffer, start: number): { length: number; end: number } | 'split' | 'malformed' {
  let length = 0;
  let factor = 1;
  for (let index = start; index < start + 4; index++) {
    const byte = data[index];
    if (byte === undefined) return 'split';
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) return { length, end: index + 1 };
    factor *= 0x80;
  }
  return 'malformed';
}

function lengthBytes(length: number): number[] {
  return length < 0x80 ? [length] : [(length & 0x7f) | 0x80, ...lengthBytes(length >> 7)];
}
