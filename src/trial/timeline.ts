import type { PointType } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import { AppError } from '../model/error.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import { gaussian, seeded } from './random.ts';

/** One sample of one point as its timeline has it. Times are milliseconds since the start of the test. */
export interface Sample {
  /** Source time; that of a backfill lies before {@link arrives}. */
  readonly ts: number;
  readonly arrives: number;
  readonly value: Value;
  readonly quality: Quality;
  /** Marked by the device as backfill. */
  readonly historical: boolean;
}

/** What a point reports, in order, and how long that takes. */
export interface Timeline {
  readonly samples: readonly Sample[];
  readonly durationMs: number;
}

/** An item that cannot be read, and what would be right. */
export interface TimelineFault {
  readonly item: number;
  readonly message: string;
}

/** More samples than this are a mistake of the test: a year in seconds, or the like. */
export const MOST_SAMPLES = 1_000_000;

const FORMS = [
  'hold VALUE 30s',
  'hold 30s (the value before)',
  'ramp 3.0 -> 5.0 20s',
  'ramp -> 5.0 20s',
  'step VALUE (one sample)',
  'noise MEAN DEVIATION 60s seed 7',
  'silence 3m',
  'bad VALUE 10s',
  'uncertain VALUE 10s',
  'null 10s',
  'backfill 14d ago hold 9.0 1h (any of them; "ago historical" if the device marks it)',
] as const;

/** A stretch of a timeline: how long it takes, and what is reported `elapsed` after it began; null = nothing. */
interface Stretch {
  readonly durationMs: number;
  readonly quality: Quality;
  /** Value at the end: what `hold 30s` and `ramp -> 5` go on from. */
  readonly last: Value;
  at(elapsedMs: number): Value | undefined;
}

const KINDS: Readonly<Record<string, Quality>> = { hold: 'good', bad: 'bad', uncertain: 'uncertain' };

/**
 * The samples of a timeline: one at the start of each item and one each `stepMs` after it began, up to but without its
 * end, where the next item begins.
 */
export function readTimeline(
  items: readonly string[],
  type: PointType,
  stepMs: number,
): Timeline | { readonly fault: TimelineFault } {
  const samples: Sample[] = [];
  let now = 0;
  let before: Value = null;
  for (const [item, text] of items.entries()) {
    try {
      const backfill = /^backfill\s+(\S+)\s+ago\s+(historical\s+)?(.+)$/.exec(text.trim());
      const words = wordsOf(backfill?.[3] ?? text);
      const stretch = readStretch(words, { type, stepMs, before });
      const agoMs = backfill ? duration(backfill[1] ?? '') : 0;
      if (stretch.durationMs / stepMs + samples.length > MOST_SAMPLES) {
        throw unreadable(`more than ${MOST_SAMPLES} samples: sample less often with step, or make it shorter`);
      }
      if (backfill && agoMs < stretch.durationMs) throw unreadable('a backfill must end before it is sent');
      for (let elapsed = 0; elapsed < stretch.durationMs; elapsed += stepMs) {
        const value = stretch.at(elapsed);
        if (value === undefined) continue;
        const ts = now - agoMs + elapsed;
        const arrives = backfill ? now : ts;
        samples.push({ ts, arrives, value, quality: stretch.quality, historical: backfill?.[2] !== undefined });
      }
      if (!backfill) {
        now += stretch.durationMs;
        before = stretch.last;
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { fault: { item, message: error.message } };
    }
  }
  return { samples, durationMs: now };
}

interface Setting {
  readonly type: PointType;
  readonly stepMs: number;
  readonly before: Value;
}

function readStretch(words: readonly string[], setting: Setting): Stretch {
  const [kind = '', ...rest] = words;
  const { type, before, stepMs } = setting;
  const quality = KINDS[kind];
  if (quality !== undefined && rest.length === 2) {
    return level(valueIn(rest[0] ?? '', type), quality, duration(rest[1] ?? ''));
  }
  if (kind === 'hold' && rest.length === 1) {
    const durationMs = duration(rest[0] ?? '');
    return level(known(before), 'good', durationMs);
  }
  if (kind === 'step' && rest.length === 1) return level(valueIn(rest[0] ?? '', type), 'good', stepMs);
  if (kind === 'null' && rest.length === 1) return { ...level(null, 'bad', duration(rest[0] ?? '')), last: before };
  if (kind === 'silence' && rest.length === 1) {
    return { durationMs: duration(rest[0] ?? ''), quality: 'good', last: before, at: () => undefined };
  }
  if (kind === 'ramp') return readRamp(rest, setting);
  if (kind === 'noise') return readNoise(rest, setting);
  throw unreadable(`not an item of a timeline; write one of: ${FORMS.join('; ')}`);
}

function readRamp(words: readonly string[], { type, before }: Setting): Stretch {
  const arrow = words.indexOf('->');
  if (arrow !== words.length - 3 || arrow > 1) throw unreadable(`write ${FORMS[2]}, or ${FORMS[3]}`);
  const from = arrow === 1 ? numberIn(words[0] ?? '', type) : known(before);
  const to = numberIn(words[arrow + 1] ?? '', type);
  const durationMs = duration(words[arrow + 2] ?? '');
  if (typeof from !== 'number') throw unreadable('a ramp begins at a number: write ramp 3.0 -> 5.0 20s');
  const at = (elapsed: number) => tidy(from + ((to - from) * elapsed) / durationMs);
  return { durationMs, quality: 'good', last: to, at };
}

function readNoise(words: readonly string[], { type }: Setting): Stretch {
  const [mean = '', deviation = '', time = '', word = 'seed', seed = '1'] = words;
  if (words.length !== 3 && words.length !== 5) throw unreadable(`write ${FORMS[5]}`);
  if (word !== 'seed' || !/^\d{1,9}$/.test(seed)) throw unreadable(`write the seed as a whole number: ${FORMS[5]}`);
  const around = numberIn(mean, type);
  const spread = numberIn(deviation, type);
  const random = seeded(Number(seed));
  const at = () => tidy(around + spread * gaussian(random));
  return { durationMs: duration(time), quality: 'good', last: around, at };
}

function level(value: Value, quality: Quality, durationMs: number): Stretch {
  return { durationMs, quality, last: value, at: () => value };
}

/** Words apart by blanks; a text in double quotes is one word and keeps its quotes. */
function wordsOf(text: string): string[] {
  return text.match(/"[^"]*"|\S+/g) ?? [];
}

function known(before: Value): Value {
  if (before === null) throw unreadable('there is no value before it: write hold 3.0 30s, ramp 3.0 -> 5.0 20s');
  return before;
}

function valueIn(word: string, type: PointType): Value {
  switch (type) {
    case 'number':
      return numberIn(word, type);
    case 'boolean':
      if (word !== 'true' && word !== 'false') throw unreadable(`${word} is no boolean: write true or false`);
      return word === 'true';
    case 'string':
      return word.startsWith('"') ? word.slice(1, -1) : word;
  }
}

function numberIn(word: string, type: PointType): number {
  const value = Number(word);
  if (type !== 'number') throw unreadable(`the point is a ${type}: it cannot do this, use hold`);
  if (word === '' || !Number.isFinite(value)) throw unreadable(`${word} is no number`);
  return value;
}

function duration(word: string): number {
  const ms = parseDuration(word);
  if (ms <= 0) throw unreadable('an item takes some time: write it longer');
  return ms;
}

function unreadable(message: string): AppError {
  return new AppError('TIMELINE_INVALID', message);
}

/** 3.8 for 3 + 2 * 8 / 20 and the like, without the noise of binary fractions. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
