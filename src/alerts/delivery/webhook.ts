import { Webhook as Signer } from 'standardwebhooks';
import { AppError } from '../../model/error.ts';
import type { Receiver, WebhookSettings } from '../../model/routing.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Channel, type ChannelRequest, judgeStatus, type Message } from './channel.ts';
import { checkedUrl, exchange } from './exchange.ts';

/** What the way to a webhook depends on. */
export type WebhookTerms = WebhookSettings & Pick<Receiver, 'allowHttp' | 'timeoutMs'>;

/**
 * A webhook of the Standard Webhooks kind: the stored CloudEvent as it is, signed. `secret` may hold several secrets
 * separated by spaces; each signs, so that a receiver can change over without losing a message.
 *
 * @throws AppError `CHANNEL_URL_REFUSED`, `WEBHOOK_SECRET_INVALID`
 */
export function createWebhook(settings: WebhookTerms, deps: { clock: Clock; version: string }): Channel {
  const url = checkedUrl(settings.url, settings.allowHttp);
  const signers = createSigners(settings.secret);
  const terms = { timeoutMs: settings.timeoutMs, clock: deps.clock, verdict: 'status' } as const;
  return {
    send(message, signal) {
      const prepare = (at: number) => ({
        method: 'POST' as const,
        url,
        headers: { 'user-agent': `davylamp/${deps.version}`, ...headersOf(message, signers, at) },
        body: message.body,
      });
      return exchange(prepare, judgeStatus, terms, signal);
    },
  };
}

/**
 * The request of one message, as it is sent at `at`.
 *
 * @throws AppError `WEBHOOK_SECRET_INVALID`
 */
export function webhookRequest(message: Message, settings: WebhookSettings, at: number): ChannelRequest {
  const headers = headersOf(message, createSigners(settings.secret), at);
  return { method: 'POST', url: settings.url, headers, body: message.body.toString('utf8') };
}

/** Signed as Standard Webhooks says: `{id}.{timestamp s}.{body}`. */
function headersOf({ eventId, body }: Message, signers: readonly Signer[], at: number): Record<string, string> {
  return {
    'content-type': 'application/cloudevents+json',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': signers.map((signer) => signer.sign(eventId, new Date(at), body)).join(' '),
  };
}

function createSigners(secrets: string): readonly Signer[] {
  try {
    return secrets
      .trim()
      .split(/\s+/)
      .map((secret) => new Signer(secret));
  } catch {
    // Without the cause: its text could show the secret.
    throw new AppError('WEBHOOK_SECRET_INVALID', 'webhook secret invalid: write whsec_ and base64 of 24 to 64 bytes');
  }
}
