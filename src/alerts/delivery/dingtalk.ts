import type { OutboundEvent } from '../../model/alarm.ts';
import type { RobotSettings } from '../../model/routing.ts';
import { fitted, jsonBytes } from '../templates/fit.ts';
import type { Answer, ChannelRequest } from './channel.ts';
import type { Outcome } from './notification.ts';
import { hmacBase64, judgeRobot, mentioned, type RobotCodes, type RobotText } from './robot.ts';

/** "body 大小不合法; 请保持大小在 20000bytes 以内" (errcode 460101). */
const BODY_BYTES = 20_000;
/** More is of no use in the list of conversations, where the title is shown. */
const TITLE_BYTES = 300;

const CODES: RobotCodes = {
  fields: ['errcode'],
  // 20 messages a minute, then none for up to ten: a look a minute finds the end soon, and costs nothing.
  throttled: { 130101: 60_000 },
  reasons: {
    310000: 'security settings of the robot (signature, keyword or address) do not match',
    300001: 'no such robot: check the access token',
    300005: 'no such robot: check the access token',
    40035: 'the access token is missing',
    460101: 'the message is too long',
  },
};

/**
 * A markdown message to a custom robot of a DingTalk group. Signed by `timestamp` and `sign` in the URL, where there is a
 * secret: base64 of HMAC-SHA256 with the secret as the key over `{timestamp ms}\n{secret}`.
 */
export function dingtalkRequest(
  event: OutboundEvent,
  said: RobotText,
  settings: RobotSettings,
  at: number,
): ChannelRequest {
  const names = mentioned(event, settings);
  const atMobiles = names.filter((name) => name !== 'all');
  // Whoever is not named in the text too is not called.
  const calls = atMobiles.map((mobile) => ` @${mobile}`).join('');
  const title = fitted(said.title, TITLE_BYTES, jsonBytes, said.language);
  const notice = fitted(said.notice, TITLE_BYTES, jsonBytes, said.language);
  const bodyOf = (text: string) =>
    JSON.stringify({
      msgtype: 'markdown',
      markdown: { title: notice, text },
      at: { atMobiles, isAtAll: names.includes('all') },
    });
  const ending = calls === '' ? '' : `\n\n${calls.trim()}`;
  const room = BODY_BYTES - Buffer.byteLength(bodyOf(`### ${title}\n\n${ending}`));
  // One line break is none in their markdown; two spaces before it make it one.
  const text = fitted(said.text.replaceAll('\n', '  \n'), room, jsonBytes, said.language);
  return {
    method: 'POST',
    url: signedUrl(settings, at),
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: bodyOf(`### ${title}\n\n${text}${ending}`),
  };
}

/** How DingTalk's answer is meant. */
export function judgeDingtalk(answer: Answer): Outcome {
  return judgeRobot(answer, CODES);
}

function signedUrl({ url, secret }: RobotSettings, at: number): string {
  if (secret === null) return url;
  const signed = new URL(url);
  signed.searchParams.set('timestamp', String(at));
  signed.searchParams.set('sign', hmacBase64(secret, `${at}\n${secret}`));
  return signed.href;
}
