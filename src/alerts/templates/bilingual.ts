import type { Language } from '../../model/text.ts';

const HAN = /\p{Script=Han}/u;
const LATIN = /[A-Za-z]/;

/**
 * The part of a text written twice, as `Close the valve / 关闭阀门`, in one language. Only where it is clear that it is
 * written twice: what stands before the one ` / ` has no Han character and what follows has; else the whole of it.
 */
export function inLanguage(text: string, language: Language): string {
  const [en = '', zh = '', ...more] = text.split(' / ');
  if (more.length > 0 || HAN.test(en) || !LATIN.test(en) || !HAN.test(zh)) return text;
  return (language === 'zh' ? zh : en).trim();
}
