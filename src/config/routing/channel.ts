import type { ReceiverEntry } from '../../alerts/policy/schema/receiver.ts';
import type { CapSettings, Channel, ChannelKind, HttpSettings, RobotSettings } from '../../model/routing.ts';
import type { Path } from '../fault.ts';
import { readSecretFile } from '../secrets.ts';
import { isMapping, many, type ReceiverPlace } from './context.ts';

type Entry<K extends ChannelKind> = NonNullable<ReceiverEntry[K]>;

/** Builds the channel of a receiver; null where something of it is at fault. */
export function buildChannel(
  entry: ReceiverEntry,
  kind: ChannelKind,
  path: Path,
  place: ReceiverPlace,
): Channel | null {
  if (!isMapping(entry[kind])) return null;
  switch (kind) {
    case 'webhook': {
      const webhook = entry.webhook && buildWebhook(entry.webhook, path, place);
      return webhook ? { kind, webhook } : null;
    }
    case 'dingtalk':
    case 'wecom':
    case 'feishu': {
      const robot = entry[kind] && buildRobot(entry[kind], path, place);
      return robot ? { kind, robot } : null;
    }
    case 'cap': {
      const cap = entry.cap && buildCap(entry.cap, path, place);
      return cap ? { kind, cap } : null;
    }
    case 'http': {
      const http = entry.http && buildHttp(entry.http, path, place);
      return http ? { kind, http } : null;
    }
    case 'mqtt':
      return place.sound(path) ? { kind, mqtt: { sites: many(entry.mqtt?.sites) } } : null;
  }
}

function buildWebhook(entry: Entry<'webhook'>, path: Path, place: ReceiverPlace) {
  const { sound, reporter } = place;
  const secret = readSecret('secret', entry.secret, entry.secretFile, path, place);
  if (secret === undefined) return null;
  if (secret === null) {
    const message = `give secret: "\${NAME}" or secretFile: receivers verify by it that a message is ours`;
    reporter.error('MISSING_KEY', [...path, 'secret'], null, message);
    return null;
  }
  if (!isWebhookSecret(secret)) {
    const key = entry.secret === undefined ? 'secretFile' : 'secret';
    const message = 'must be whsec_ and the base64 of 24 to 64 random bytes (echo "whsec_$(openssl rand -base64 32)")';
    reporter.error('SECRET_INVALID', [...path, key], key === 'secret' ? secret : entry.secretFile, message);
    return null;
  }
  return sound(path) ? { url: entry.url, secret } : null;
}

/** Of several secrets, separated by spaces, each must be one. */
function isWebhookSecret(text: string): boolean {
  return text
    .trim()
    .split(/\s+/)
    .every((secret) => {
      const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
      if (base64 === undefined) return false;
      const bytes = Buffer.from(base64, 'base64');
      return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === base64;
    });
}

/** WeCom's signs nothing, so its entry has no secret. */
function buildRobot(entry: Entry<'dingtalk'>, path: Path, place: ReceiverPlace): RobotSettings | null {
  const secret = readSecret('secret', entry.secret, entry.secretFile, path, place);
  if (secret === undefined || !place.sound(path)) return null;
  return { url: entry.url, secret, mention: entry.mention };
}

function buildCap(entry: Entry<'cap'>, path: Path, place: ReceiverPlace): CapSettings | null {
  const { url, sender, senderName, identifier, authorization: own, authorizationFile: file } = entry;
  const authorization = readSecret('authorization', own, file, path, place);
  if (authorization === undefined || !place.sound(path)) return null;
  return { url, authorization, sender, senderName, identifier };
}

function buildHttp(entry: Entry<'http'>, path: Path, place: ReceiverPlace): HttpSettings | null {
  const { sound, reporter, surroundings } = place;
  if (!sound(path)) return null;
  const { method, url, headers, body, expect = null } = entry;
  if (method === 'GET' && body !== '') {
    reporter.error('HTTP_BODY_STRAY', [...path, 'body'], null, 'GET sends no body: put it into the URL, or use POST');
  }
  const secrets: Record<string, string> = { ...entry.secrets };
  let complete = true;
  for (const [name, file] of Object.entries(entry.secretFiles)) {
    const own = [...path, 'secretFiles', name];
    // Nothing has looked at what stands under a name that is none.
    if (typeof file !== 'string') continue;
    if (Object.hasOwn(entry.secrets, name)) {
      reporter.error('SECRET_TWICE', own, null, 'it is among secrets and secretFiles: keep one');
    }
    const text = readSecretFile(file, own, surroundings, reporter);
    if (text === null) complete = false;
    else secrets[name] = text;
  }
  return complete ? { method, url, headers, body, expect, secrets } : null;
}

/** null = neither the text nor a file is given; undefined = it is at fault. */
function readSecret(
  key: string,
  own: string | undefined,
  file: string | undefined,
  path: Path,
  { sound, surroundings, reporter }: ReceiverPlace,
): string | null | undefined {
  if (!sound([...path, key]) || !sound([...path, `${key}File`])) return undefined;
  if (own !== undefined && file !== undefined) {
    reporter.error('SECRET_TWICE', [...path, `${key}File`], null, `give ${key} or ${key}File, not both`);
    return undefined;
  }
  if (own !== undefined) return own;
  if (file === undefined) return null;
  return readSecretFile(file, [...path, `${key}File`], surroundings, reporter) ?? undefined;
}
