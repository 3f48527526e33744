import type { ReceiverEntry } from '../../alerts/policy/schema/receiver.ts';
import { templateFaults } from '../../alerts/templates/faults.ts';
import { parseDuration } from '../../model/duration.ts';
import {
  CHANNEL_KINDS,
  type ChannelKind,
  type FloodSettings,
  type MessageRate,
  type Receiver,
} from '../../model/routing.ts';
import type { Path, Reporter } from '../fault.ts';
import { isLoopback } from '../network.ts';
import { buildChannel } from './channel.ts';
import { isMapping, type ReceiverPlace } from './context.ts';

/**
 * What the robots take by their published limits [M]: DingTalk and WeCom 20 a minute, Feishu 100 a minute.
 */
const RATES: Readonly<Partial<Record<ChannelKind, MessageRate>>> = {
  dingtalk: { messages: 20, perMs: 60_000 },
  wecom: { messages: 20, perMs: 60_000 },
  feishu: { messages: 100, perMs: 60_000 },
};

/** EEMUA 191: more than 10 new alarms in 10 minutes begin a flood, fewer than 5 end it [M]; a digest a minute [D]. */
const FLOOD: FloodSettings = { start: 10, end: 5, windowMs: 600_000, digestEveryMs: 60_000 };

/** What machines read: each alarm counts there, and nobody is overwhelmed [D]. */
const WITHOUT_FLOOD: readonly ChannelKind[] = ['cap', 'mqtt'];

/** Builds one receiver; null where something that it needs is at fault. */
export function buildReceiver(id: string, entry: ReceiverEntry | undefined, place: ReceiverPlace): Receiver | null {
  const path = ['receivers', id];
  const { sound, reporter } = place;
  if (!entry || !isMapping(entry)) return null;
  const kind = channelOf(entry, path, reporter);
  if (kind === null) return null;
  const channel = buildChannel(entry, kind, [...path, kind], place);
  const has = (...keys: string[]) => sound([...path, ...keys]);
  // Also of a channel that lacks its secret: all faults are told at once.
  const address = has(kind, 'url') ? urlIn(entry[kind]) : null;
  const allowHttp = (has('webhook') ? entry.webhook?.allowHttp : undefined) ?? (has('allowHttp') && entry.allowHttp);
  if (address !== null) checkUrl(address, allowHttp, [...path, kind, 'url'], reporter);
  const flood = has('flood') ? buildFlood(entry.flood, kind, [...path, 'flood'], reporter) : null;
  if (
    !channel ||
    !['allowHttp', 'timeout', 'giveUpAfter', 'lang', 'template', 'rate', 'flood'].every((key) => has(key))
  ) {
    return null;
  }
  const { timeout, giveUpAfter } = { ...entry, ...definedTimes(entry.webhook) };
  const receiver: Receiver = {
    id,
    channel,
    allowHttp,
    timeoutMs: parseDuration(timeout),
    giveUpAfterMs: parseDuration(giveUpAfter),
    language: entry.lang ?? place.language,
    template: { title: entry.template.title ?? null, text: entry.template.text ?? null },
    rate: buildRate(entry.rate, kind),
    flood,
  };
  for (const fault of templateFaults(receiver)) {
    // Without the text: what stands in a header may be a secret.
    reporter.error('TEMPLATE_INVALID', [...path, ...fault.path], null, fault.message);
  }
  return receiver;
}

function urlIn(entry: unknown): string | null {
  return isMapping(entry) && 'url' in entry && typeof entry.url === 'string' ? entry.url : null;
}

/** The one channel of a receiver. */
function channelOf(entry: ReceiverEntry, path: Path, reporter: Reporter): ChannelKind | null {
  const found = CHANNEL_KINDS.filter((kind) => entry[kind] !== undefined);
  const [kind, second] = found;
  if (kind === undefined) {
    // A key that is not known has a fault of its own already, and most likely is the channel.
    const isStray = Object.keys(entry).some((key) => !OTHER_KEYS.has(key));
    const message = `say how it is reached: ${CHANNEL_KINDS.join(', ')}`;
    if (!isStray) reporter.error('CHANNEL_MISSING', path, null, message);
    return null;
  }
  if (second === undefined) return kind;
  const message = `a receiver has one channel, and ${kind} is there already: make a second receiver`;
  reporter.error('CHANNEL_TWICE', [...path, second], null, message);
  return null;
}

const OTHER_KEYS: ReadonlySet<string> = new Set([
  'allowHttp',
  'timeout',
  'giveUpAfter',
  'lang',
  'template',
  'rate',
  'flood',
] satisfies (keyof ReceiverEntry)[]);

function definedTimes(webhook: ReceiverEntry['webhook']): { timeout?: string; giveUpAfter?: string } {
  return {
    ...(webhook?.timeout !== undefined && { timeout: webhook.timeout }),
    ...(webhook?.giveUpAfter !== undefined && { giveUpAfter: webhook.giveUpAfter }),
  };
}

function buildRate(entry: ReceiverEntry['rate'], kind: ChannelKind): MessageRate | null {
  if (entry === undefined) return RATES[kind] ?? null;
  if (typeof entry !== 'string') return { messages: entry.messages, perMs: parseDuration(entry.per) };
  const [messages, per] = entry.split('/');
  return per === undefined ? null : { messages: Number(messages), perMs: parseDuration(per) };
}

function buildFlood(
  entry: ReceiverEntry['flood'],
  kind: ChannelKind,
  path: Path,
  reporter: Reporter,
): FloodSettings | null {
  if (entry === undefined) return WITHOUT_FLOOD.includes(kind) ? null : FLOOD;
  if (typeof entry === 'boolean') return entry ? FLOOD : null;
  const { start = FLOOD.start, end = Math.min(FLOOD.end, start), window, digestEvery } = entry;
  if (end > start) {
    reporter.error('FLOOD_ORDER', [...path, 'end'], end, `a flood that begins above ${start} cannot end above it`);
  }
  return {
    start,
    end,
    windowMs: window === undefined ? FLOOD.windowMs : parseDuration(window),
    digestEveryMs: digestEvery === undefined ? FLOOD.digestEveryMs : parseDuration(digestEvery),
  };
}

function checkUrl(url: string, allowHttp: boolean, path: Path, reporter: Reporter): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !['https:', 'http:'].includes(parsed.protocol)) {
    reporter.error('URL_INVALID', path, url, 'must be a URL that begins with https://');
    return;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    const message = 'a URL must not carry a user or password: use the keys that are made for secrets';
    reporter.error('URL_CREDENTIALS', path, url, message);
  }
  if (parsed.hash !== '') reporter.error('URL_INVALID', path, url, 'remove the part after #: it is never sent');
  if (parsed.protocol === 'http:' && !allowHttp && !isLoopback(parsed.hostname)) {
    reporter.error('URL_PLAINTEXT', path, url, 'must be https; plain http to another host needs allowHttp: true');
  }
}
