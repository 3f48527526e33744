import type { OutboundEvent } from '../../model/alarm.ts';
import type { RobotSettings } from '../../model/routing.ts';
import type { Tier } from '../../model/tier.ts';
import { fitted, jsonBytes } from '../templates/fit.ts';
import type { Answer, ChannelRequest } from './channel.ts';
import { type Outcome, tierOf } from './notification.ts';
import { hmacBase64, judgeRobot, mentioned, type RobotCodes, type RobotText } from './robot.ts';

/** "请求体的数据大小不能超过 20 KB". */
const BODY_BYTES = 20_000;
const TITLE_BYTES = 300;

const CODES: RobotCodes = {
  // Older ones answer with StatusCode alone.
  fields: ['code', 'StatusCode'],
  // 100 messages a minute and 5 a second, and at busy moments of the whole platform.
  throttled: { 11232: 10_000 },
  reasons: {
    19001: 'no such robot: check the URL',
    19021: 'the signature does not match, or the clock of this machine is off by more than an hour',
    19022: 'the address of this machine is not among those that the robot takes messages from',
    19024: "none of the robot's keywords is in the message",
    9499: 'the message is not accepted',
  },
};

/** Colours of the head of a card, by tier. */
const COLOURS: Readonly<Record<Tier, string>> = { red: 'red', orange: 'orange', yellow: 'yellow', blue: 'blue' };

/**
 * A card to a custom robot of a Feishu (Lark) group. Signed by `timestamp` (s) and `sign` in the body, where there is a
 * secret: base64 of HMAC-SHA256 with `{timestamp}\n{secret}` as the key over nothing.
 */
export function feishuRequest(
  event: OutboundEvent,
  said: RobotText,
  settings: RobotSettings,
  at: number,
): ChannelRequest {
  const calls = mentioned(event, settings).map((name) => `<at id=${name}></at>`);
  const title = fitted(said.title, TITLE_BYTES, jsonBytes, said.language);
  const bodyOf = (text: string) =>
    JSON.stringify({
      ...signature(settings.secret, at),
      msg_type: 'interactive',
      card: {
        config: { wide_screen_mode: true },
        header: { title: { tag: 'plain_text', content: title }, template: COLOURS[tierOf(event)] },
        elements: [text, calls.join(' ')]
          .filter((each) => each !== '')
          .map((content) => ({ tag: 'markdown', content })),
      },
    });
  const room = BODY_BYTES - Buffer.byteLength(bodyOf(' '));
  return {
    method: 'POST',
    url: settings.url,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: bodyOf(fitted(said.text, room, jsonBytes, said.language)),
  };
}

/** How Feishu's answer is meant. */
export function judgeFeishu(answer: Answer): Outcome {
  return judgeRobot(answer, CODES);
}

function signature(secret: string | null, at: number): { timestamp: string; sign: string } | null {
  if (secret === null) return null;
  const timestamp = String(Math.floor(at / 1000));
  return { timestamp, sign: hmacBase64(`${timestamp}\n${secret}`, '') };
}
