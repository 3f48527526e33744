import type { Alarm, OutboundEvent } from '../../model/alarm.ts';
import type { CapSettings } from '../../model/routing.ts';
import type { Language } from '../../model/text.ts';
import type { Tier } from '../../model/tier.ts';
import { partsOf } from '../templates/short.ts';
import { type View, viewOf, type Wording } from '../templates/view.ts';
import { NOT_A_WARNING } from '../templates/words.ts';
import { type XmlNode, xmlDocument } from '../templates/xml.ts';
import type { CapEntry, CapMessage } from './cap-ledger.ts';
import type { ChannelRequest } from './channel.ts';
import { tierOf } from './notification.ts';

const NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2';
const BEIJING_MS = 8 * 3_600_000;

const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['zh', 'zh-CN'],
  ['en', 'en-US'],
];
const STATUS = { actual: 'Actual', exercise: 'Exercise', test: 'Test' } as const;
/** By colour, as is the custom of warnings in four colours. [M] */
const SEVERITY: Readonly<Record<Tier, string>> = {
  red: 'Extreme',
  orange: 'Severe',
  yellow: 'Moderate',
  blue: 'Minor',
};
const URGENCY: Readonly<Record<Tier, string>> = {
  red: 'Immediate',
  orange: 'Immediate',
  yellow: 'Expected',
  blue: 'Future',
};
/** Units of what detectors of gas measure. */
const GAS_UNITS: ReadonlySet<string> = new Set(['%LEL', '%VOL', 'ppm', 'ppb', 'mg/m³', 'mg/m3']);
/** Of instruments and lines, not of what they measure. */
const INSTRUMENT: ReadonlySet<Alarm['direction']> = new Set(['absent', 'clock', 'bad', 'stuck', 'discrepancy']);
/** Datums that CAP's WGS-84 means, but for centimetres; GCJ-02 and BD-09 are off by hundreds of metres. */
const WGS_84: ReadonlySet<string> = new Set(['WGS-84', 'CGCS2000']);

const EVENT = { zh: '安全生产内部报警', en: 'Internal safety alarm' } as const;

/** What stands beside the event in a CAP message. */
export interface CapTerms {
  readonly settings: CapSettings;
  readonly wording: Wording;
  readonly entry: CapEntry;
  readonly sequence: number;
}

/**
 * `ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N` (GB/T 35965.1): the sender's 14 characters, Beijing time, and the sequence of the
 * message in its second.
 */
export function capIdentifier(sender: string, { slot }: Pick<CapMessage, 'slot'>): string {
  const time = new Date(Math.floor(slot / 10) * 1000 + BEIJING_MS).toISOString();
  return `${sender}_${time.slice(0, 19).replaceAll(/[-:T]/g, '')}_${slot % 10}`;
}

/** CAP 1.2 times have a zone and no fraction. */
export function capTime(at: number): string {
  return `${new Date(at + BEIJING_MS).toISOString().slice(0, 19)}+08:00`;
}

/** The post of one event as a CAP 1.2 message. */
export function capRequest(event: OutboundEvent, terms: CapTerms): ChannelRequest {
  const { url, authorization } = terms.settings;
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/cap+xml; charset=utf-8',
      ...(authorization === null ? {} : { authorization }),
    },
    body: capMessage(event, terms),
  };
}

/**
 * A CAP 1.2 message (OASIS Standard, 1 July 2010). The first of an alarm is an Alert, later ones are Updates that refer
 * to all before; the end of an alarm is an Update with AllClear. Never a Cancel, which would say that the message was
 * wrong, nor an `expires`, after which a receiver would take an alarm for over that nobody has ended.
 */
export function capMessage(event: OutboundEvent, terms: CapTerms): string {
  const { settings, entry, wording } = terms;
  const alarm = 'alarm' in event ? event.alarm : null;
  const status = alarm?.status ?? 'actual';
  const references = entry.earlier.map(
    (each) => `${settings.sender},${capIdentifier(settings.identifier, each)},${capTime(each.at)}`,
  );
  return xmlDocument(
    [
      'alert',
      [
        ['identifier', capIdentifier(settings.identifier, entry.message)],
        ['sender', settings.sender],
        ['sent', capTime(entry.message.at)],
        ['status', STATUS[status]],
        ['msgType', references.length === 0 ? 'Alert' : 'Update'],
        ['source', 'Davylamp'],
        ['scope', 'Restricted'],
        ['restriction', `${NOT_A_WARNING.zh} ${NOT_A_WARNING.en}`],
        status === 'actual' ? null : ['note', status === 'exercise' ? '演练 EXERCISE' : '测试 TEST'],
        references.length === 0 ? null : ['references', references.join(' ')],
        alarm === null ? null : ['incidents', alarm.id],
        ...LANGUAGES.map(([language, tag]): XmlNode => {
          return ['info', info(event, viewOf(event, language, wording), tag, terms)];
        }),
      ],
    ],
    NAMESPACE,
  );
}

function info(event: OutboundEvent, view: View, tag: string, { settings, sequence }: CapTerms): (XmlNode | null)[] {
  const alarm = 'alarm' in event ? event.alarm : null;
  const tier = tierOf(event);
  const isOver = alarm?.shown === 'normal';
  const isPast = isOver || alarm?.shown === 'returned';
  const action = view.alarm?.action ?? null;
  return [
    ['language', tag],
    ...categories(alarm).map((category): XmlNode => ['category', category]),
    ['event', EVENT[view.language]],
    ['responseType', isOver ? 'AllClear' : !isPast && action !== null ? 'Execute' : 'Monitor'],
    ['urgency', isPast ? 'Past' : URGENCY[tier]],
    ['severity', SEVERITY[tier]],
    ['certainty', certainty(alarm)],
    ['effective', capTime(event.at)],
    alarm === null ? null : ['onset', capTime(alarm.occurredAt)],
    ['senderName', settings.senderName],
    ['headline', view.line],
    ['description', description(view)],
    action === null || isOver ? null : ['instruction', action],
    ...parameters(event, view, sequence),
    alarm === null ? null : ['area', area(alarm, view)],
  ];
}

function categories(alarm: Alarm | null): readonly string[] {
  if (alarm === null || INSTRUMENT.has(alarm.direction)) return ['Infra'];
  return GAS_UNITS.has(alarm.unit) ? ['Safety', 'CBRNE'] : ['Safety'];
}

function certainty(alarm: Alarm | null): string {
  if (alarm === null) return 'Observed';
  return alarm.quality === 'good' && alarm.direction !== 'forecast' ? 'Observed' : 'Likely';
}

function description({ sentence, details, event, digest }: View): string {
  const lines = digest?.lines.map((line) => `${line.time} ${line.tierTitle} ${line.happened} ${line.sentence}`) ?? [];
  const said = [sentence, details?.reason ?? null, event.comment, ...lines];
  return said.filter((each) => each !== null && each !== '').join('\n');
}

/** What a machine reads: names as in the webhook. */
function parameters(event: OutboundEvent, view: View, sequence: number): XmlNode[] {
  const { alarm, tierTitle } = view;
  const values: Readonly<Record<string, unknown>> = {
    tier: tierOf(event),
    tierTitle,
    eventType: event.type,
    eventId: event.id,
    sequence,
    by: view.event.by,
    ...(alarm && {
      alarmId: alarm.id,
      site: alarm.site,
      device: alarm.device,
      point: alarm.point,
      condition: alarm.condition,
      state: alarm.state,
      case: alarm.case,
      value: alarm.value,
      unit: alarm.unit,
      limit: alarm.limit,
      quality: alarm.quality,
    }),
    ...(view.digest && { events: view.digest.events, omitted: view.digest.omitted }),
  };
  return Object.entries(values).flatMap(([name, value]): XmlNode[] =>
    value === null || value === '' ? [] : [['parameter', pair(name, String(value))]],
  );
}

function area({ site, device, location, grid }: Alarm, { sentence, language }: View): (XmlNode | null)[] {
  const { place } = partsOf(sentence, language);
  return [
    ['areaDesc', place === '' ? `${site}/${device}` : place],
    location && WGS_84.has(location.datum) ? ['circle', `${location.lat},${location.lon} 0`] : null,
    grid === null ? null : ['geocode', pair('grid', grid)],
  ];
}

function pair(name: string, value: string): XmlNode[] {
  return [
    ['valueName', name],
    ['value', value],
  ];
}
