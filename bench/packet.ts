/** MQTT 3.1.1 packets for load generators: built once, before the clock runs. */
const PUBLISH_QOS_1 = 0x32;
/** Bytes of a PUBACK. */
export const PUBACK_BYTES = 4;
export const CONNACK_BYTES = 4;

export function connectPacket(clientId: string): Buffer {
  const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0]);
  return packet(0x10, Buffer.concat([head, text(clientId)]));
}

/** A QoS 1 PUBLISH; packet ids go round from 1 to 65,535. */
export function publishPacket(topic: string, payload: string, count: number): Buffer {
  return packet(PUBLISH_QOS_1, Buffer.concat([text(topic), uint16((count % 65_535) + 1), Buffer.from(payload)]));
}

function packet(first: number, body: Buffer): Buffer {
  const header = [first];
  let left = body.length;
  do {
    header.push((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}
