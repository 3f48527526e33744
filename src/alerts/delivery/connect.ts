import { AppError } from '../../model/error.ts';
import type { Receiver } from '../../model/routing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { oneLine, plainInCard, plainInMarkdown } from '../templates/fit.ts';
import { compileRequest } from '../templates/http-request.ts';
import { createSpeaker, type Escapes } from '../templates/message.ts';
import type { Wording } from '../templates/view.ts';
import { capRequest } from './cap.ts';
import type { CapEntry, CapLedger } from './cap-ledger.ts';
import { type Answer, type Channel, type ChannelRequest, failure, judgeStatus, type Message } from './channel.ts';
import { dingtalkRequest, judgeDingtalk } from './dingtalk.ts';
import { checkedUrl, exchange } from './exchange.ts';
import { feishuRequest, judgeFeishu } from './feishu.ts';
import { gatewayRequest, judgeGateway } from './http-gateway.ts';
import { createMqttChannel, type Publish } from './mqtt-channel.ts';
import type { Outcome } from './notification.ts';
import { readCloudEvent, type StoredEvent } from './stored-event.ts';
import { createWebhook } from './webhook.ts';
import { judgeWecom, wecomRequest } from './wecom.ts';

/** What channels need beside the settings of their receiver. */
export interface ChannelDeps {
  readonly clock: Clock;
  readonly version: string;
  readonly log: Logger;
  /** Titles of the tiers and the time zone, as they are configured now. */
  readonly wording: () => Wording;
  readonly ledger: CapLedger;
  readonly publish: Publish;
}

/** One kind of request: how it is made, and how its answer is meant. */
export interface Format {
  /** Where it goes, as far as it is fixed. */
  readonly url: string;
  readonly verdict: 'status' | 'text';
  /** `entry`: for CAP alone. */
  request(stored: StoredEvent, at: number, entry: CapEntry | null): ChannelRequest;
  judge(answer: Answer): Outcome;
}

const IN_MARKDOWN: Escapes = { title: plainInMarkdown, text: plainInMarkdown };
/** The head of a card is plain text. */
const IN_CARD: Escapes = { title: oneLine, text: plainInCard };
/** What the request's own templates make harmless where it stands. */
const AS_IT_IS: Escapes = { title: oneLine, text: (value) => value };

/**
 * The way to a receiver.
 *
 * @throws AppError `CHANNEL_URL_REFUSED`, `WEBHOOK_SECRET_INVALID`, `TEMPLATE_INVALID`, `TEMPLATE_HOST`
 */
export function connectChannel(receiver: Receiver, deps: ChannelDeps): Channel {
  const { channel } = receiver;
  if (channel.kind === 'webhook') return createWebhook({ ...receiver, ...channel.webhook }, deps);
  if (channel.kind === 'mqtt') return createMqttChannel({ ...receiver, ...channel.mqtt }, deps.publish);
  const format = formatOf(receiver, deps.wording, (reason) =>
    deps.log.warn({ receiver: receiver.id, reason }, 'a template failed; the built-in one was used'),
  );
  checkedUrl(format.url, receiver.allowHttp);
  const terms = { timeoutMs: receiver.timeoutMs, clock: deps.clock, verdict: format.verdict };

  async function send(message: Message, signal: AbortSignal): Promise<Outcome> {
    const stored = readCloudEvent(message.body);
    const { event } = stored;
    const alarm = 'alarm' in event ? event.alarm.id : null;
    const entry =
      channel.kind === 'cap' ? await deps.ledger.enter(receiver.id, { id: event.id, alarm, at: event.at }) : null;
    const prepare = (at: number) => {
      const { headers, url, ...request } = format.request(stored, at, entry);
      return {
        ...request,
        url: checkedUrl(url, receiver.allowHttp),
        headers: { 'user-agent': `davylamp/${deps.version}`, ...headers },
      };
    };
    return exchange(prepare, format.judge, terms, signal);
  }

  return {
    async send(message, signal) {
      if (signal.aborted) return { kind: 'aborted' };
      try {
        return await send(message, signal);
      } catch (error) {
        deps.log.error(
          { err: error, receiver: receiver.id, event: message.eventId },
          'cannot make a message of an event',
        );
        return failure('refused', error instanceof AppError ? error.message : 'the message cannot be made');
      }
    },
  };
}

/**
 * How events become requests of a receiver's kind; all but webhooks and MQTT, which carry the stored event itself.
 * `onFault` hears of a template that failed.
 *
 * @throws AppError `TEMPLATE_INVALID`, `TEMPLATE_HOST`, `CHANNEL_STORED_ONLY`
 */
export function formatOf(receiver: Receiver, wording: () => Wording, onFault: (reason: string) => void): Format {
  const { channel } = receiver;
  const speaker = (escapes: Escapes) => createSpeaker(receiver, escapes, onFault);
  switch (channel.kind) {
    case 'dingtalk': {
      const say = speaker(IN_MARKDOWN);
      return {
        url: channel.robot.url,
        verdict: 'text',
        request: ({ event }, at) => dingtalkRequest(event, say(event, wording()), channel.robot, at),
        judge: judgeDingtalk,
      };
    }
    case 'wecom': {
      const say = speaker(IN_MARKDOWN);
      return {
        url: channel.robot.url,
        verdict: 'text',
        request: ({ event }) => wecomRequest(event, say(event, wording()), channel.robot),
        judge: judgeWecom,
      };
    }
    case 'feishu': {
      const say = speaker(IN_CARD);
      return {
        url: channel.robot.url,
        verdict: 'text',
        request: ({ event }, at) => feishuRequest(event, say(event, wording()), channel.robot, at),
        judge: judgeFeishu,
      };
    }
    case 'http': {
      const say = speaker(AS_IT_IS);
      const render = compileRequest(channel.http);
      return {
        url: fixedPart(channel.http.url),
        verdict: channel.http.expect === null ? 'status' : 'text',
        request: (stored) => gatewayRequest(say(stored.event, wording()), stored, channel.http, render),
        judge: (answer) => judgeGateway(answer, channel.http),
      };
    }
    case 'cap': {
      const settings = channel.cap;
      return {
        url: settings.url,
        verdict: 'status',
        request({ event, sequence }, at, entry) {
          const message = { eventId: event.id, slot: Math.floor(at / 1000) * 10, at: event.at };
          return capRequest(event, {
            settings,
            wording: wording(),
            sequence,
            entry: entry ?? { message, earlier: [] },
          });
        },
        judge: judgeStatus,
      };
    }
    case 'webhook':
    case 'mqtt':
      throw new AppError('CHANNEL_STORED_ONLY', `a receiver of the kind ${channel.kind} gets the stored event itself`);
  }
}

/** Of a URL that is a template: its scheme and host. */
function fixedPart(url: string): string {
  return /^[^/]*\/\/[^/?#{]*/.exec(url)?.[0] ?? url;
}
