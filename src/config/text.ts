import { createHash } from 'node:crypto';
import { parseDuration } from '../model/duration.ts';
import type { Why } from '../model/limit.ts';
import type { Text } from '../model/text.ts';
import type { TitleEntry, WhyEntry } from '../rules/schema/terms.ts';

/** First hexadecimal digits of the SHA-256 of a text. */
export function shortHash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** A title in both languages: one text serves both, a missing one is the other, none is `fallback`. */
export function resolveTitle(entry: TitleEntry | undefined, fallback: Text): Text {
  if (entry === undefined) return fallback;
  if (typeof entry === 'string') return sameText(entry);
  return { en: entry.en ?? entry.zh ?? fallback.en, zh: entry.zh ?? entry.en ?? fallback.zh };
}

export function sameText(text: string): Text {
  return { en: text, zh: text };
}

export function resolveWhy(entry: WhyEntry): Why {
  const { responseTime, ...texts } = entry;
  return responseTime === undefined ? texts : { ...texts, responseTimeMs: parseDuration(responseTime) };
}

/** Parts of a `why` that are not there. */
export function missingWhy(why: Why | null | undefined): string[] {
  return [
    ['cause', why?.cause],
    ['consequence', why?.consequence],
    ['action', why?.action],
    ['responseTime', why?.responseTimeMs],
  ].flatMap(([name, part]) => (part === undefined ? [String(name)] : []));
}

/**
 * True for names every JavaScript object has: as the key of a plain object anywhere they would find something that
 * nobody configured.
 */
export function isPrototypeName(name: string): boolean {
  return name in Object.prototype || name === 'prototype';
}

/** 0.2 for 10 * 0.02 and the like, without the noise of binary fractions. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
