import type { OutboundEvent } from '../../model/alarm.ts';
import type { HttpSettings } from '../../model/routing.ts';
import type { RenderedRequest, RequestWords } from '../templates/http-request.ts';
import type { Said } from '../templates/message.ts';
import type { View } from '../templates/view.ts';
import { type Answer, type ChannelRequest, failure, judgeStatus } from './channel.ts';
import type { Outcome } from './notification.ts';

/** The request to an SMS, telephone or other gateway, as its templates make it. */
export function gatewayRequest(
  said: Said,
  { event, sequence }: { readonly event: OutboundEvent; readonly sequence: number },
  settings: HttpSettings,
  render: (view: View, words: RequestWords) => RenderedRequest,
): ChannelRequest {
  const { title, text, view } = said;
  const { url, headers, ...rest } = render(view, { secret: settings.secrets, title, text, sequence });
  // Most gateways that charge for a message know a key against repeats; where none is wanted it does no harm.
  return { ...rest, url, headers: { 'idempotency-key': event.id, ...headers } };
}

/** Delivered by a 2xx whose text holds what is expected. What was answered is not repeated: it may hold what we sent. */
export function judgeGateway(answer: Answer, { expect }: Pick<HttpSettings, 'expect'>): Outcome {
  const outcome = judgeStatus(answer);
  if (outcome.kind !== 'delivered' || expect === null || answer.text.includes(expect)) return outcome;
  const { status, retryAfterMs } = answer;
  return failure('answered', `answered ${status} without the expected text`, { status, retryAfterMs });
}
