import type { MessageRate } from '../../model/routing.ts';

/** What a receiver may still be sent: `tokens` at time `at`. */
export interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Of the tokens, one in so many is kept for red. */
const RED_SHARE = 5;
/** Tokens are added in fractions, which do not sum up exactly. */
const EPSILON = 1e-9;

/** The bucket at `at`, full where there was none. */
export function refilled(bucket: Bucket | null, { messages, perMs }: MessageRate, at: number): Bucket {
  if (!bucket) return { tokens: messages, at };
  if (at <= bucket.at) return bucket;
  return { tokens: Math.min(messages, bucket.tokens + ((at - bucket.at) * messages) / perMs), at };
}

/** One message is sent, whether there was a token for it or not. */
export function spent({ tokens, at }: Bucket): Bucket {
  return { tokens: Math.max(0, tokens - 1), at };
}

/** When a message that is not red may go; before `bucket.at` = now. */
export function tokenAt({ tokens, at }: Bucket, rate: MessageRate): number {
  const missing = 1 + reserveOf(rate) - tokens;
  return missing <= EPSILON ? at : Math.ceil(at + (missing * rate.perMs) / rate.messages);
}

function reserveOf({ messages }: MessageRate): number {
  return Math.floor(messages / RED_SHARE);
}
