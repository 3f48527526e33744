import { Webhook as Signer } from 'standardwebhooks';
import type { WebhookSettings } from '../../model/configuration.ts';
import { AppError } from '../../model/error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Outcome, RetryOutcome } from './notification.ts';
import { parseRetryAfter } from './schedule.ts';

/** An answer beyond this is cut off: nobody reads it, and a hostile one has no end. */
const ANSWER_BYTES = 64 * 1024;
/** The verdict is the status; the rest of the answer is only read so that the connection can be used again. */
const ANSWER_GRACE_MS = 100;

/** One message, ready to be signed and sent. */
export interface WebhookMessage {
  readonly eventId: string;
  readonly body: Buffer;
}

/** The way to one receiver. */
export interface Webhook {
  /** One attempt. Never throws, and settles within the receiver's timeout or when `signal` aborts. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<Outcome>;
}

/**
 * A webhook of the Standard Webhooks kind, by Node's `fetch`. `secret` may hold several secrets separated by spaces;
 * each signs, so that a receiver can change over without losing a message.
 *
 * @throws AppError `WEBHOOK_URL_REFUSED`, `WEBHOOK_SECRET_INVALID`
 */
export function createWebhook(settings: WebhookSettings, deps: { clock: Clock; version: string }): Webhook {
  const url = checkedUrl(settings);
  const signers = createSigners(settings.secret);

  async function exchange(message: WebhookMessage, signal: AbortSignal): Promise<Outcome> {
    const at = deps.clock.now();
    const timestamp = new Date(at);
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal,
      headers: {
        'content-type': 'application/cloudevents+json',
        'user-agent': `davylamp/${deps.version}`,
        'webhook-id': message.eventId,
        'webhook-timestamp': String(Math.floor(at / 1000)),
        'webhook-signature': signers.map((signer) => signer.sign(message.eventId, timestamp, message.body)).join(' '),
      },
      body: new Uint8Array(message.body),
    });
    await discardBody(response);
    if (response.status >= 200 && response.status < 300) return { kind: 'delivered', status: response.status };
    return {
      ...failure('answered', `answered ${response.status}${describe(response.status)}`),
      status: response.status,
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), deps.clock.now()),
    };
  }

  return {
    async send(message, signal) {
      if (signal.aborted) return { kind: 'aborted' };
      // Not AbortSignal.any: on Node 20 each one stays attached to the long-lived signal.
      const controller = new AbortController();
      const abort = () => controller.abort();
      signal.addEventListener('abort', abort, { once: true });
      const timer = setTimeout(abort, settings.timeoutMs);
      try {
        // The race, because a slot that is never given back would silence the receiver for ever.
        return await Promise.race([exchange(message, controller.signal), rejection(controller.signal)]);
      } catch (error) {
        if (signal.aborted) return { kind: 'aborted' };
        if (controller.signal.aborted) return failure('timeout', `no answer within ${settings.timeoutMs} ms`);
        return failure('connection', `connection failed (${causeCode(error)})`);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

/** Why this webhook cannot be used, for a person; null = it can. */
export function webhookFault(settings: Pick<WebhookSettings, 'url' | 'secret' | 'allowHttp'>): string | null {
  try {
    checkedUrl(settings);
    createSigners(settings.secret);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

function checkedUrl(settings: Pick<WebhookSettings, 'url' | 'allowHttp'>): URL {
  if (!URL.canParse(settings.url)) throw refused('it is not a URL');
  const url = new URL(settings.url);
  if (url.username !== '' || url.password !== '') throw refused('it must not hold a user name or a password');
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw refused('its scheme must be https');
  if (!settings.allowHttp && !isLoopback(url.hostname)) {
    throw refused('it must be https, or loopback, or the receiver must say allowHttp: true');
  }
  return url;
}

function refused(why: string): AppError {
  return new AppError('WEBHOOK_URL_REFUSED', `webhook URL refused: ${why}`);
}

/** WHATWG URLs have already turned 0x7f000001, 127.1 and the like into 127.0.0.1. */
function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.[0-9]+){3}$/.test(name);
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

async function discardBody(response: Response): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const timer = setTimeout(() => void cancel(reader), ANSWER_GRACE_MS);
  try {
    for (let bytes = 0; bytes <= ANSWER_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
    }
    await cancel(reader);
  } catch {
    // The status has been read: how the rest of the answer ends changes nothing.
  } finally {
    clearTimeout(timer);
  }
}

async function cancel(reader: { cancel(): Promise<void> }): Promise<void> {
  try {
    await reader.cancel();
  } catch {
    // Already broken, which is as good as cancelled.
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new AppError('WEBHOOK_ABORTED', 'aborted')), { once: true });
  });
}

function failure(code: RetryOutcome['code'], reason: string): RetryOutcome {
  return { kind: 'retry', code, reason, status: null, retryAfterMs: null };
}

function describe(status: number): string {
  if (status >= 300 && status < 400) return ' (redirects are not followed)';
  return status === 410 ? ' (gone)' : '';
}

/** ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED, …; never the text, which may hold the address. */
function causeCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? code : 'unknown';
}
