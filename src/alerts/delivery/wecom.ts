import type { OutboundEvent } from '../../model/alarm.ts';
import type { RobotSettings } from '../../model/routing.ts';
import { fitted, utf8Bytes } from '../templates/fit.ts';
import type { Answer, ChannelRequest } from './channel.ts';
import type { Outcome } from './notification.ts';
import { judgeRobot, mentioned, type RobotCodes, type RobotText } from './robot.ts';

/** Longest `content` in bytes of UTF-8, as published. */
const MARKDOWN_BYTES = 4096;
const TEXT_BYTES = 2048;
const TITLE_BYTES = 300;

const CODES: RobotCodes = {
  fields: ['errcode'],
  // 20 messages a minute.
  throttled: { 45009: 60_000 },
  reasons: {
    93000: 'no such robot, or the message is too long: check the key in the URL',
    93008: 'the robot is not in a group any more',
    40008: 'the kind of message is not accepted',
    40058: 'the message is not accepted',
  },
};

/**
 * A message to a robot of a WeCom group, which signs nothing: the key is in the URL. Markdown; plain text where somebody
 * is to be called, since only that has a list of those.
 */
export function wecomRequest(event: OutboundEvent, said: RobotText, settings: RobotSettings): ChannelRequest {
  const names = mentioned(event, settings);
  return {
    method: 'POST',
    url: settings.url,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(names.length === 0 ? markdown(said) : plainText(said, names)),
  };
}

/** How WeCom's answer is meant. */
export function judgeWecom(answer: Answer): Outcome {
  return judgeRobot(answer, CODES);
}

function markdown({ title, text, language }: RobotText) {
  const head = `**${fitted(title, TITLE_BYTES, utf8Bytes, language)}**\n`;
  const content = head + fitted(text, MARKDOWN_BYTES - utf8Bytes(head), utf8Bytes, language);
  return { msgtype: 'markdown', markdown: { content } };
}

function plainText({ title, text, language }: RobotText, names: readonly string[]) {
  const content = fitted(`${title}\n${text}`, TEXT_BYTES, utf8Bytes, language);
  const list = names.map((name) => (name === 'all' ? '@all' : name));
  return { msgtype: 'text', text: { content, mentioned_list: list } };
}
