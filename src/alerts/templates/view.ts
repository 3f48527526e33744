import type { Alarm, AlarmEvent, Digest, DigestLine, EventDetails, OutboundEvent } from '../../model/alarm.ts';
import { createLocalTime } from '../../model/local-time.ts';
import type { Language, Text } from '../../model/text.ts';
import { TIERS, type Tier } from '../../model/tier.ts';
import { inLanguage } from './bilingual.ts';
import { oneLine } from './fit.ts';
import { cut, shortMessage } from './short.ts';
import { spoken } from './speech.ts';
import { callsPeople, EVENT_WORDS, HELD_WORDS, NOT_A_WARNING, PROMISE_WORDS, STATUS_MARKS } from './words.ts';

/** What messages need of the configuration. */
export interface Wording {
  /** IANA name: times are shown by its wall clock. */
  readonly timezone: string;
  readonly tiers: Readonly<Record<Tier, { readonly title: Text }>>;
}

/** What a template may name; every part is there for every event, null where it says nothing. */
export type View = ReturnType<typeof viewOf>;

/** Everything that templates can say of an event, in one language. */
export function viewOf(event: OutboundEvent, language: Language, wording: Wording) {
  const local = createLocalTime(wording.timezone);
  const time = (at: number | null) => (at === null ? null : shownTime(local(at) ?? at));
  const words = { language, wording, time };
  const alarmEvent = 'alarm' in event ? event : null;
  const digest = 'digest' in event ? event.digest : null;
  const tier = alarmEvent?.alarm.tier ?? (digest && worstOf(digest));
  const happened = happenedOf(event)[language];
  const status = alarmEvent?.alarm.status ?? 'actual';
  const tierTitle = tier === null ? null : wording.tiers[tier].title[language];
  const mark = STATUS_MARKS[status][language];
  const sentence = withLocalTimes(withoutMark(sentenceOf(event)[language], mark), (at) => time(at) ?? '');
  const headline = headlineOf(happened, tierTitle, mark, language);
  const line = oneLine(sentence);
  const [dash, stop] = language === 'zh' ? [' ', '。'] : [' - ', '. '];
  return {
    language,
    event: {
      id: event.id,
      type: event.type.slice('davylamp.'.length),
      kind: alarmEvent ? 'alarm' : digest ? 'digest' : 'system',
      time: time(event.at),
      timestamp: event.at,
      by: alarmEvent?.by ?? null,
      comment: alarmEvent?.comment ?? null,
    },
    status,
    /** 演练 or 测试, EXERCISE or TEST; null where it is the real thing. */
    mark: mark === '' ? null : mark,
    tier,
    tierTitle,
    happened,
    headline,
    /** True where somebody is to do something now: not of what was answered, hidden, or is over. */
    calls: alarmEvent ? callsPeople(alarmEvent) : true,
    /** The message as a sentence: where, what, how much. */
    sentence,
    /** The same; in a request to a gateway, what the receiver's own template made of it. */
    text: sentence,
    /** Both in one. */
    line: `${headline}${dash}${sentence}`,
    notAWarning: NOT_A_WARNING[language],
    alarm: alarmEvent && alarmView(alarmEvent.alarm, words),
    details: alarmEvent && detailsView(alarmEvent, words),
    digest: digest && digestView(digest, words),
    system: 'code' in event ? { code: event.code } : null,
    /** In one part of an SMS (70 characters; 160 in English) where that is possible. */
    sms: alarmEvent ? shortMessage(`${headline}${dash}`, line, language) : cut(`${headline}${dash}${line}`, language),
    /** For a voice gateway. */
    speech: spoken(`${headline}${stop}${line}${stop}${NOT_A_WARNING[language]}`, language),
  };
}

interface Words {
  readonly language: Language;
  readonly wording: Wording;
  readonly time: (at: number | null) => string | null;
}

function alarmView(alarm: Alarm, { language, time }: Words) {
  const { why, location } = alarm;
  return {
    id: alarm.id,
    site: alarm.site,
    device: alarm.device,
    profile: alarm.profile,
    point: alarm.point,
    rule: alarm.rule,
    condition: alarm.condition,
    title: alarm.title[language],
    state: alarm.state,
    case: alarm.case,
    value: alarm.value,
    unit: alarm.unit,
    limit: alarm.limit,
    quality: alarm.quality,
    grid: alarm.grid,
    lon: location?.lon ?? null,
    lat: location?.lat ?? null,
    datum: location?.datum ?? null,
    tags: alarm.tags,
    cause: inWords(why?.cause, language),
    consequence: inWords(why?.consequence, language),
    action: inWords(why?.action, language),
    responseMinutes: why?.responseTimeMs === undefined ? null : Math.round(why.responseTimeMs / 6000) / 10,
    occurredAt: time(alarm.occurredAt),
    raisedAt: time(alarm.raisedAt),
    acknowledgedAt: time(alarm.acknowledgedAt),
    acknowledgedBy: alarm.acknowledgedBy,
    occurrences: alarm.occurrences,
  };
}

function inWords(text: string | undefined, language: Language): string | null {
  return text === undefined ? null : inLanguage(text, language);
}

function detailsView({ details }: AlarmEvent, { language, time }: Words) {
  const none = { promise: null, level: null, reason: null, until: null };
  if (details === null) return none;
  return { ...none, ...saidOf(details, language, time) };
}

function saidOf(details: EventDetails, language: Language, time: Words['time']) {
  if ('promise' in details) return { promise: PROMISE_WORDS[details.promise][language], level: details.level };
  return 'bypass' in details ? { reason: details.reason, until: time(details.until) } : {};
}

function digestView(digest: Digest, words: Words) {
  const { time, language } = words;
  return {
    events: digest.events,
    red: digest.alarms.red,
    orange: digest.alarms.orange,
    yellow: digest.alarms.yellow,
    blue: digest.alarms.blue,
    reasons: digest.reasons.map((reason) => HELD_WORDS[reason][language]).join(language === 'zh' ? '、' : ', '),
    from: time(digest.from),
    to: time(digest.to),
    firstOut: lineView(digest.firstOut, words),
    lines: digest.lines.map((line) => lineView(line, words)),
    omitted: digest.omitted,
  };
}

function lineView(line: DigestLine, { language, time, wording }: Words) {
  return {
    time: time(line.at),
    tier: line.tier,
    tierTitle: wording.tiers[line.tier].title[language],
    happened: EVENT_WORDS[line.type][language],
    condition: line.condition,
    sentence: line.message[language],
  };
}

function sentenceOf(event: OutboundEvent): Text {
  if ('alarm' in event) return event.alarm.message;
  return 'digest' in event ? event.digest.message : event.message;
}

function happenedOf(event: OutboundEvent): Text {
  if ('digest' in event) return { en: 'alarm digest', zh: '报警汇总' };
  if (!('alarm' in event)) return { en: 'system notice', zh: '系统通知' };
  const { details } = event;
  if (details !== null && 'promise' in details) return PROMISE_WORDS[details.promise];
  return EVENT_WORDS[event.type.slice('davylamp.alarm.'.length) as keyof typeof EVENT_WORDS];
}

/** The tier first, as is the custom: 【红色】【演练】报警升级, `Red EXERCISE: alarm escalated`. */
function headlineOf(happened: string, tierTitle: string | null, mark: string, language: Language): string {
  const marks = [tierTitle, mark].filter((each) => each !== null && each !== '');
  if (language === 'zh') return `${marks.map((each) => `【${each}】`).join('')}${happened}`;
  return marks.length === 0 ? happened : `${marks.join(' ')}: ${happened}`;
}

/** The sentence of an exercise says so itself, but not at its head, where the tier stands. */
function withoutMark(sentence: string, mark: string): string {
  if (mark === '') return sentence;
  const own = [`【${mark}】`, `${mark}: `].find((each) => sentence.startsWith(each));
  return own === undefined ? sentence : sentence.slice(own.length);
}

const UTC_TIME = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** Messages about Davylamp itself name times in UTC, which nobody on duty has on the wall. */
function withLocalTimes(sentence: string, shown: (at: number) => string): string {
  return sentence.replaceAll(UTC_TIME, (iso) => shown(Date.parse(iso)));
}

function worstOf({ alarms, firstOut }: Digest): Tier {
  return [...TIERS].reverse().find((tier) => alarms[tier] > 0) ?? firstOut.tier;
}

/** `2026-11-21 22:03:11` of milliseconds that are local already. */
function shownTime(localMs: number): string {
  return new Date(localMs).toISOString().slice(0, 19).replace('T', ' ');
}
