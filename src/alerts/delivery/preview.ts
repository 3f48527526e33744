import type { OutboundEvent } from '../../model/alarm.ts';
import { AppError } from '../../model/error.ts';
import type { Channel, Receiver } from '../../model/routing.ts';
import type { Wording } from '../templates/view.ts';
import type { ChannelRequest } from './channel.ts';
import { cloudEvent } from './cloud-event.ts';
import { formatOf } from './connect.ts';
import { alarmTopics } from './mqtt-channel.ts';
import { webhookRequest } from './webhook.ts';

/** What would leave for a receiver, with everything secret in it masked. */
export interface Preview {
  readonly receiver: string;
  readonly kind: Channel['kind'];
  /** null for MQTT. */
  readonly method: string | null;
  /** URL, or the topics. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Bytes of the body. */
  readonly bytes: number;
}

const MASK = '***';

/**
 * The request that the notification of `event` would be at `at`, as the first one to this receiver. `onFault` hears of a
 * template that failed.
 *
 * @throws AppError as the channel would
 */
export function previewOf(
  receiver: Receiver,
  event: OutboundEvent,
  wording: Wording,
  at: number,
  onFault: (reason: string) => void,
): Preview {
  const { channel } = receiver;
  if (channel.kind === 'mqtt') {
    const body = cloudEvent(event, 1).toString('utf8');
    const headers = { qos: '1', retain: 'false' };
    return {
      ...named(receiver),
      method: null,
      address: alarmTopics(event, channel.mqtt.sites).join(', '),
      headers,
      body,
      bytes: Buffer.byteLength(body),
    };
  }
  const { method, url, headers, body } = requestOf(receiver, event, wording, at, onFault);
  const hide = masked(secretsOf(channel));
  return {
    ...named(receiver),
    method,
    address: hide(maskedUrl(url, channel)),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, hide(value)])),
    body: body === null ? null : hide(body),
    bytes: Buffer.byteLength(body ?? ''),
  };
}

function named({ id, channel }: Receiver) {
  return { receiver: id, kind: channel.kind };
}

function requestOf(
  receiver: Receiver,
  event: OutboundEvent,
  wording: Wording,
  at: number,
  onFault: (reason: string) => void,
): ChannelRequest {
  const { channel } = receiver;
  if (channel.kind === 'webhook') {
    return webhookRequest({ eventId: event.id, sequence: 1, body: cloudEvent(event, 1) }, channel.webhook, at);
  }
  const format = formatOf(receiver, () => wording, onFault);
  return format.request({ event, sequence: 1 }, at, null);
}

function secretsOf(channel: Channel): readonly string[] {
  switch (channel.kind) {
    case 'dingtalk':
    case 'wecom':
    case 'feishu':
      return channel.robot.secret === null ? [] : [channel.robot.secret];
    case 'cap':
      return channel.cap.authorization === null ? [] : [channel.cap.authorization];
    case 'http':
      return Object.values(channel.http.secrets);
    case 'webhook':
      return [channel.webhook.secret];
    case 'mqtt':
      return [];
  }
}

/** Also as they stand in a URL, in JSON and in base64, which is how requests carry them. */
function masked(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]);
  return (text) => forms.reduce((left, form) => (form === '' ? left : left.replaceAll(form, MASK)), text);
}

/** Of a robot's address the token: the values of its query, and the end of its path where that is the token. */
function maskedUrl(text: string, { kind }: Channel): string {
  if (kind !== 'dingtalk' && kind !== 'wecom' && kind !== 'feishu') return text;
  if (!URL.canParse(text)) throw new AppError('CHANNEL_URL_REFUSED', 'the URL of the robot is not a URL');
  const url = new URL(text);
  for (const name of [...url.searchParams.keys()]) {
    if (name !== 'timestamp' && name !== 'sign') url.searchParams.set(name, MASK);
  }
  if (kind === 'feishu') url.pathname = url.pathname.replace(/[^/]+$/, MASK);
  return url.href;
}
