import type { Device } from '../../model/device.ts';
import type { Reading, Rejection, RejectionReason } from '../../model/reading.ts';
import { CORRUPT_TOPIC, type Envelope } from '../envelope.ts';
import { type Repeats, saidTs } from '../repeats.ts';
import { depthAbove, type Refusal, type ValidateSettings, validateObject } from '../validate.ts';
import { MAX_BATCH, MAX_DEPTH, statusTopic, telemetryTopic } from '../wire.ts';

/** What one message came to. */
export interface Decoded {
  readonly readings: readonly Reading[];
  readonly rejections: readonly Rejection[];
  readonly presence: { readonly device: Device; readonly online: boolean } | null;
}

/** Turns an envelope into readings and rejections; never throws, whatever the payload. */
export interface Decoder {
  (envelope: Envelope): Decoded;
  /** What is remembered between the groups of the journal; a message that is read by itself leaves it as it is. */
  readonly repeats?: Repeats;
}

const PAYLOAD_SHOWN = 4_096;
const NOTHING: readonly never[] = [];
const TOPIC = /^v1\/([^/]+\/[^/]+)\/(telemetry|status)$/;

/** Decoder of the native wire contract for the configured devices. */
export function createNativeDecoder(devices: ReadonlyMap<string, Device>, settings: ValidateSettings): Decoder {
  const telemetry = new Map<string, Device>();
  const status = new Map<string, Device>();
  for (const device of devices.values()) {
    telemetry.set(telemetryTopic(device.key), device);
    status.set(statusTopic(device.key), device);
  }
  return (envelope) => {
    const device = telemetry.get(envelope.topic);
    if (device && envelope.oversized === null) return decodeTelemetry(device, envelope, settings);
    const present = status.get(envelope.topic);
    if (present && envelope.oversized === null) return decodePresence(present, envelope);
    return rejected(envelope, ...whyNot(envelope));
  };
}

function whyNot(envelope: Envelope): [RejectionReason, string] {
  if (envelope.topic === CORRUPT_TOPIC) return ['corrupt', 'damaged on disk: messages of this journal group are lost'];
  if (envelope.oversized !== null) {
    return ['oversized', `${envelope.oversized} bytes are more than mqtt.limits.packetBytes allows`];
  }
  const match = TOPIC.exec(envelope.topic);
  if (match) return ['unknownDevice', `no device ${match[1]} is configured`];
  return ['unknownTopic', 'readings belong on v1/{site}/{device}/telemetry'];
}

function decodeTelemetry(device: Device, envelope: Envelope, settings: ValidateSettings): Decoded {
  const text = textOf(envelope.payload);
  if (text === null) return rejected(envelope, 'notUtf8', 'the payload is not UTF-8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return rejected(envelope, 'notJson', 'the payload is not JSON');
  }
  const rejections: Rejection[] = [];
  const refuse = (refusal: Refusal) => rejections.push(fileOf(envelope, refusal));
  if (!Array.isArray(parsed)) {
    const reading = validateObject(device, parsed, envelope.receivedAt, settings, refuse);
    return { readings: reading ? [reading] : NOTHING, rejections, presence: null };
  }
  if (parsed.length > MAX_BATCH) return rejected(envelope, 'tooMany', `more than ${MAX_BATCH} readings in one message`);
  if (parsed.length === 0) return rejected(envelope, 'noValues', 'the batch is empty');
  if (depthAbove(parsed, MAX_DEPTH)) return rejected(envelope, 'tooDeep', `nested deeper than ${MAX_DEPTH} levels`);
  const readings: Reading[] = [];
  for (const object of parsed) {
    const reading = validateObject(device, object, envelope.receivedAt, settings, refuse);
    if (reading) readings.push(reading);
  }
  // A device that sends its newest reading first means the same as one that sends it last.
  readings.sort((a, b) => saidTs(a) - saidTs(b));
  return { readings, rejections, presence: null };
}

function decodePresence(device: Device, envelope: Envelope): Decoded {
  const text = textOf(envelope.payload);
  if (text === 'online' || text === 'offline') {
    return { readings: NOTHING, rejections: NOTHING, presence: { device, online: text === 'online' } };
  }
  return rejected(envelope, 'wrongShape', 'a status is online or offline');
}

/** The payload as text, or null when it is not well-formed UTF-8. */
function textOf(payload: Uint8Array): string | null {
  const bytes = payload instanceof Buffer ? payload : Buffer.from(payload);
  const text = bytes.toString('utf8');
  // A replacement character is either in the payload itself or the mark of a byte that was none.
  if (text.includes('\uFFFD') && Buffer.compare(Buffer.from(text, 'utf8'), bytes) !== 0) return null;
  return text;
}

function rejected(envelope: Envelope, reason: RejectionReason, message: string): Decoded {
  const { topic, client, receivedAt, payload } = envelope;
  const shown = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, PAYLOAD_SHOWN));
  const rejection = { reason, message, topic, client, receivedAt, payload: shown.toString('utf8') };
  return { readings: NOTHING, rejections: [rejection], presence: null };
}

/** The part as it was sent, or the beginning of the message where writing it again would go too deep. */
function shownOf(envelope: Envelope, part: unknown): string {
  if (!depthAbove(part, MAX_DEPTH)) return JSON.stringify(part);
  return Buffer.from(envelope.payload.subarray(0, PAYLOAD_SHOWN)).toString('utf8');
}

function fileOf(envelope: Envelope, { reason, message, part }: Refusal): Rejection {
  const { topic, client, receivedAt } = envelope;
  const shown = shownOf(envelope, part);
  return { reason, message, topic, client, receivedAt, payload: shown.slice(0, PAYLOAD_SHOWN) };
}
