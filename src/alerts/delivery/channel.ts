import type { Outcome, RetryOutcome } from './notification.ts';

/** One notification on its way: its body is what the outbox keeps, a CloudEvent, whatever the channel makes of it. */
export interface Message {
  readonly eventId: string;
  readonly sequence: number;
  readonly body: Buffer;
}

/** The way to one receiver. */
export interface Channel {
  /** One attempt. Never throws, and settles within the receiver's timeout or when `signal` aborts. */
  send(message: Message, signal: AbortSignal): Promise<Outcome>;
}

/** A request as it goes out. */
export interface ChannelRequest {
  readonly method: 'POST' | 'PUT' | 'GET';
  /** May hold a token: never logged. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** null = none. */
  readonly body: string | null;
}

/** What was answered: the status, and the beginning of the text. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** What a `Retry-After` header asked for; null = nothing. */
  readonly retryAfterMs: number | null;
}

/** An attempt that failed without an answer, or whose answer is not worth a retry before `retryAfterMs`. */
export function failure(
  code: RetryOutcome['code'],
  reason: string,
  rest: Partial<Pick<RetryOutcome, 'status' | 'retryAfterMs'>> = {},
): RetryOutcome {
  return { kind: 'retry', code, reason, status: null, retryAfterMs: null, ...rest };
}

/** Delivered by a 2xx; anything else is tried again. Redirects are not followed. */
export function judgeStatus({ status, retryAfterMs }: Answer): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  return failure('answered', `answered ${status}${describe(status)}`, { status, retryAfterMs });
}

function describe(status: number): string {
  if (status >= 300 && status < 400) return ' (redirects are not followed)';
  return status === 410 ? ' (gone)' : '';
}
