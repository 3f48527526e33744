import type { Language } from '../../model/text.ts';

/** One SMS: 70 characters in UCS-2, as Chinese needs; 160 in the 7-bit alphabet. */
const PART: Readonly<Record<Language, number>> = { zh: 70, en: 160 };

/**
 * What an alarm message says, in one part of an SMS where that is possible: the head (tier, what happened) is whole; of
 * the sentence first the set point goes, then the middle of the place, and at last its end, each with a mark.
 */
export function shortMessage(head: string, sentence: string, language: Language): string {
  const most = PART[language] - head.length;
  if (sentence.length <= most) return head + sentence;
  const colon = COLON[language];
  const { place, what } = partsOf(sentence, language);
  if (place === '') return head + cutTo(sentence, most);
  const brief = what.replaceAll(language === 'zh' ? /（限值[^（）]*）/g : / \(limit [^()]*\)/g, '');
  const room = Math.max(most - brief.length - colon.length, LEAST_PLACE);
  return head + cutTo(`${shortened(place, room)}${colon}${brief}`, most);
}

/** The beginning of what has no place to shorten, in one part of an SMS. */
export function cut(text: string, language: Language): string {
  return cutTo(text, PART[language]);
}

const COLON: Readonly<Record<Language, string>> = { zh: '：', en: ': ' };

/** Where something is and what it is, of a sentence as alarms have it; the place is empty where it has none. */
export function partsOf(sentence: string, language: Language): { readonly place: string; readonly what: string } {
  const at = sentence.indexOf(COLON[language]);
  if (at <= 0) return { place: '', what: sentence };
  return { place: sentence.slice(0, at), what: sentence.slice(at + COLON[language].length) };
}

/** Of the name of a place: less says nothing. */
const LEAST_PLACE = 8;

/** The beginning and the end of a name: sites differ in the one, devices in the other. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const characters = Array.from(name);
  const kept = most - 1;
  const front = Math.ceil(kept / 2);
  return `${characters.slice(0, front).join('')}…${characters.slice(characters.length - (kept - front)).join('')}`;
}

/** Never within a character: SMS counts UTF-16 units, of which some characters take two. */
function cutTo(text: string, most: number): string {
  if (text.length <= most) return text;
  let kept = '';
  for (const character of text) {
    if (kept.length + character.length > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
