import { AppError } from '../../model/error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Answer, failure } from './channel.ts';
import type { Outcome } from './notification.ts';
import { parseRetryAfter } from './schedule.ts';

/** An answer beyond this is cut off: nobody reads it, and a hostile one has no end. */
const ANSWER_BYTES = 64 * 1024;
/** Where the status is the verdict, the rest of the answer is only read so that the connection can be used again. */
const ANSWER_GRACE_MS = 100;

export interface ExchangeRequest {
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly url: string | URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
}

export interface ExchangeTerms {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /**
   * `status`: the answer's text says nothing, and is not waited for. `text`: it is the verdict, so an answer that does
   * not end in time is none.
   */
  readonly verdict: 'status' | 'text';
}

/**
 * One HTTP exchange by Node's `fetch`, judged by `judge`. Never throws. Settles within `timeoutMs`, or when `signal`
 * aborts; follows no redirect. `prepare` is called once, at the time of the attempt; its AppError becomes the reason.
 */
export async function exchange(
  prepare: (at: number) => ExchangeRequest,
  judge: (answer: Answer) => Outcome,
  terms: ExchangeTerms,
  signal: AbortSignal,
): Promise<Outcome> {
  if (signal.aborted) return { kind: 'aborted' };
  // Not AbortSignal.any: on Node 20 each one stays attached to the long-lived signal.
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(abort, terms.timeoutMs);
  try {
    const request = prepare(terms.clock.now());
    // The race, because a slot that is never given back would silence the receiver for ever.
    return judge(await Promise.race([ask(request, terms, controller.signal), rejection(controller.signal)]));
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' };
    if (controller.signal.aborted) return failure('timeout', `no answer within ${terms.timeoutMs} ms`);
    if (error instanceof AppError) return failure('refused', error.message);
    return failure('connection', `connection failed (${causeCode(error)})`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function ask(request: ExchangeRequest, terms: ExchangeTerms, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body } = request;
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal,
    headers,
    ...(body === null ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  const text = terms.verdict === 'text' ? await readText(response) : await discard(response);
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), terms.clock.now());
  return { status: response.status, text, retryAfterMs };
}

/** The beginning of the answer, {@link ANSWER_BYTES} at most. */
async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  for (let bytes = 0; bytes < ANSWER_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    chunks.push(value);
    bytes += value.byteLength;
  }
  await cancel(reader);
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8');
}

async function discard(response: Response): Promise<''> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const timer = setTimeout(() => void cancel(reader), ANSWER_GRACE_MS);
  try {
    for (let bytes = 0; bytes <= ANSWER_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return '';
      bytes += value.byteLength;
    }
    await cancel(reader);
  } catch {
    // The status has been read: how the rest of the answer ends changes nothing.
  } finally {
    clearTimeout(timer);
  }
  return '';
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
    signal.addEventListener('abort', () => reject(new AppError('EXCHANGE_ABORTED', 'aborted')), { once: true });
  });
}

/** ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED, …; never the text, which may hold the address. */
function causeCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? code : 'unknown';
}

/**
 * The URL, if it may be sent to: https, or plain http on loopback or where the receiver says so.
 *
 * @throws AppError `CHANNEL_URL_REFUSED`; its message does not hold the URL
 */
export function checkedUrl(text: string, allowHttp: boolean): URL {
  if (!URL.canParse(text)) throw refused('it is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refused('it must not hold a user name or a password');
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw refused('its scheme must be https');
  if (!allowHttp && !isLoopback(url.hostname)) {
    throw refused('it must be https, or loopback, or the receiver must say allowHttp: true');
  }
  return url;
}

function refused(why: string): AppError {
  return new AppError('CHANNEL_URL_REFUSED', `URL of the receiver refused: ${why}`);
}

/** WHATWG URLs have already turned 0x7f000001, 127.1 and the like into 127.0.0.1. */
function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.[0-9]+){3}$/.test(name);
}
