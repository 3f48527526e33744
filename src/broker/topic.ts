/** Bytes of the longest topic or filter that is taken (MQTT allows 65,535). */
export const TOPIC_BYTES = 1024;

/** qlobber, inside Aedes, throws above this. */
export const TOPIC_LEVELS = 100;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * What the broker does with a topic: `ingest` goes to the journal (telemetry and status, and whatever else is under `v1/`
 * and so becomes a dead letter), `deliver` is ordinary MQTT (commands under `v1/{site}/{device}/command`, and every topic
 * outside `v1/`).
 */
export type TopicUse = 'ingest' | 'deliver';

/** True for a site or device name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** True for `{site}/{device}`, the username of a device account. */
export function isDeviceKey(text: string): boolean {
  const [site = '', device = '', ...more] = text.split('/');
  return more.length === 0 && isName(site) && isName(device);
}

/** What a well-formed topic is for. */
export function topicUse(topic: string): TopicUse {
  if (!topic.startsWith('v1/')) return 'deliver';
  const [, site = '', device = '', kind] = topic.split('/');
  return kind === 'command' && isName(site) && isName(device) ? 'deliver' : 'ingest';
}

/** True for `v1/{site}/{device}/telemetry` and `v1/{site}/{device}/status`, what readers may follow. */
export function isTelemetryTopic(topic: string): boolean {
  const [version, site = '', device = '', kind, ...more] = topic.split('/');
  if (version !== 'v1' || more.length > 0 || !isName(site) || !isName(device)) return false;
  return kind === 'telemetry' || kind === 'status';
}

/** True for `v1/{site}/alarms` and `v1/_/alarms`, where alarms are published by the engine alone. */
export function isAlarmTopic(topic: string): boolean {
  const [version, , kind, ...more] = topic.split('/');
  return version === 'v1' && kind === 'alarms' && more.length === 0;
}

/**
 * True for a topic name that may be published to: 1 to 1,024 bytes of well-formed UTF-8 without wildcards, NUL or other
 * control characters, at most 100 levels [MQTT-1.5.3-1] [MQTT-1.5.3-2] [MQTT-3.3.2-2] [MQTT-4.7.3-1].
 */
export function isTopicWellFormed(topic: string): boolean {
  return isText(topic) && !topic.includes('+') && !topic.includes('#');
}

/** True for a topic filter as MQTT writes it: `+` fills a level, `#` fills the last one [MQTT-4.7.1-2] [MQTT-4.7.1-3]. */
export function isFilterWellFormed(filter: string): boolean {
  if (!isText(filter)) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level.includes('#')) return level === '#' && index === levels.length - 1;
    return level === '+' || !level.includes('+');
  });
}

/** True when `topic` matches `filter`; a leading wildcard does not match `$` topics [MQTT-4.7.2-1]. */
export function filterMatches(filter: string, topic: string): boolean {
  return filterCovers(filter, topic);
}

/** True when every topic that `narrow` matches is matched by `wide` too. */
export function filterCovers(wide: string, narrow: string): boolean {
  const wideLevels = wide.split('/');
  const narrowLevels = narrow.split('/');
  if (narrow.startsWith('$') && (wideLevels[0] === '#' || wideLevels[0] === '+')) return false;
  for (const [index, level] of wideLevels.entries()) {
    if (level === '#') return true;
    const other = narrowLevels[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return wideLevels.length === narrowLevels.length;
}

/** True when some topic matches both filters. */
export function filtersOverlap(one: string, other: string): boolean {
  const left = one.split('/');
  const right = other.split('/');
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const a = left[index];
    const b = right[index];
    if (a === '#' || b === '#') return true;
    if (a === undefined || b === undefined) return false;
    if (a !== b && a !== '+' && b !== '+') return false;
  }
  return true;
}

/**
 * True for text without control characters and without U+FFFD, which is what ill-formed UTF-8 and lone surrogates have
 * become by the time the parser hands a string over.
 */
export function isCleanText(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xfffd) return false;
    if (code < 0xd800 || code > 0xdfff) continue;
    const next = text.charCodeAt(++index);
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
  }
  return true;
}

function isText(text: string): boolean {
  if (text.length === 0 || text.length > TOPIC_BYTES || !isCleanText(text)) return false;
  if (Buffer.byteLength(text) > TOPIC_BYTES) return false;
  let levels = 1;
  for (let index = text.indexOf('/'); index !== -1; index = text.indexOf('/', index + 1)) levels++;
  return levels <= TOPIC_LEVELS;
}
