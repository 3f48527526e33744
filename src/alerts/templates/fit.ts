import type { Language } from '../../model/text.ts';

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text);
}

/** Bytes of a text within a JSON string, in UTF-8. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/**
 * The text within `most` of what `sizeOf` counts. What is too long is cut between two characters, never within one, and
 * says how many were left out. The mark itself is always whole, however small `most` is.
 */
export function fitted(text: string, most: number, sizeOf: (text: string) => number, language: Language): string {
  if (sizeOf(text) <= most) return text;
  const characters = Array.from(text);
  const cut = (kept: number) => characters.slice(0, kept).join('') + mark(characters.length - kept, language);
  let low = 0;
  let high = characters.length - 1;
  // More characters are never smaller but where a shorter number makes the mark so: a digit at most.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sizeOf(cut(middle)) <= most) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

function mark(leftOut: number, language: Language): string {
  return language === 'zh' ? `…（省略${leftOut}字）` : `… (${leftOut} characters left out)`;
}

/** Characters that the markdown of the robots interprets, and what stands for them: no escape of theirs is documented. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '\\': '＼',
  '`': '＇',
  '*': '＊',
  _: '＿',
  '~': '～',
  '#': '＃',
  '[': '［',
  ']': '］',
  '<': '＜',
  '>': '＞',
  '|': '｜',
  '!': '！',
  '@': '＠',
  '&': '＆',
};

/**
 * A value within the markdown of DingTalk and WeCom: links, images, headings, mentions and emphasis become characters
 * that only look like them, and line breaks become spaces. Values come from devices and people, and must not be able to
 * call everybody or to lead anywhere.
 */
export function plainInMarkdown(value: string): string {
  return oneLine(value)
    .replaceAll(/[\\`*_~#[\]<>|!@&]/g, (character) => LOOK_ALIKES[character] ?? character)
    .replaceAll('://', '：／／')
    .replaceAll(/[-=]{3,}/g, (rule) => (rule.startsWith('-') ? '－' : '＝').repeat(rule.length));
}

/** The same for a Feishu card, whose documented escape is a character reference (`&#42;` for `*`). */
export function plainInCard(value: string): string {
  return oneLine(value).replaceAll(
    /[&\\`*_~#[\]<>|!@]|:(?=\/\/)|^[-+]|-(?=-)|(?<=-)-/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** A value without line breaks and other control characters, half ones, and such as turn the direction of the rest. */
export function oneLine(value: string): string {
  return value
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
}
