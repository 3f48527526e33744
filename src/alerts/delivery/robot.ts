import { createHmac } from 'node:crypto';
import type { OutboundEvent } from '../../model/alarm.ts';
import type { RobotSettings } from '../../model/routing.ts';
import type { Language } from '../../model/text.ts';
import { callsPeople } from '../templates/words.ts';
import { type Answer, failure, judgeStatus } from './channel.ts';
import { type Outcome, tierOf } from './notification.ts';

/** What a robot says, as the templates made it. */
export interface RobotText {
  readonly title: string;
  readonly text: string;
  /** What a list of conversations shows. */
  readonly notice: string;
  readonly language: Language;
}

/** How one kind of robot answers beside a 2xx. */
export interface RobotCodes {
  /** Fields of the answer that may hold the code, the first that is there counts; 0 = delivered. */
  readonly fields: readonly string[];
  /** Codes of a robot that was told too much, and how long to wait then. */
  readonly throttled: Readonly<Record<number, number>>;
  /** Words for the codes that a person can do something about. */
  readonly reasons: Readonly<Record<number, string>>;
}

/** Base64 of an HMAC-SHA256. */
export function hmacBase64(key: string, message: string): string {
  return createHmac('sha256', key).update(message, 'utf8').digest('base64');
}

/** Who is named for this event: nobody where nobody is to act. */
export function mentioned(event: OutboundEvent, { mention }: RobotSettings): readonly string[] {
  if ('alarm' in event && !callsPeople(event)) return [];
  return mention[tierOf(event)] ?? [];
}

/**
 * Robots answer 200 whatever happened: the code in the answer is the verdict. Their words are not repeated, since they
 * may name the address; an answer without a code is no delivery.
 */
export function judgeRobot(answer: Answer, codes: RobotCodes): Outcome {
  const status = judgeStatus(answer);
  const facts = { status: answer.status, retryAfterMs: answer.retryAfterMs };
  const code = codeOf(answer.text, codes.fields);
  // Some say it in the answer of a 4xx too, which is worth more than the status alone.
  if (code === null) {
    return status.kind === 'delivered'
      ? failure('answered', `answered ${answer.status} without a code`, facts)
      : status;
  }
  if (code === 0) return status;
  const waitMs = codes.throttled[code];
  if (waitMs !== undefined) {
    const retryAfterMs = Math.max(waitMs, answer.retryAfterMs ?? 0);
    return failure('throttled', `robot takes no more for now (${codes.fields[0]} ${code})`, { ...facts, retryAfterMs });
  }
  const reason = codes.reasons[code];
  const words = reason === undefined ? '' : `: ${reason}`;
  return failure('answered', `robot refused it (${codes.fields[0]} ${code})${words}`, facts);
}

/** The code of an answer; null where there is none. */
function codeOf(text: string, fields: readonly string[]): number | null {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return null;
    const held = new Map<string, unknown>(Object.entries(answer));
    const code = fields.map((field) => held.get(field)).find((value) => value !== undefined);
    return typeof code === 'number' && Number.isInteger(code) ? code : null;
  } catch {
    return null;
  }
}
