import type { MatchEntry, ReceiverEntry, RouteEntry, RoutesFile } from '../alerts/policy/schema.ts';
import type { Receiver, Route, RouteMatch } from '../model/configuration.ts';
import { parseDuration } from '../model/duration.ts';
import type { Path, Reporter } from './fault.ts';
import { isLoopback } from './network.ts';
import { readSecretFile, type Surroundings } from './secrets.ts';
import type { Shape } from './shape.ts';
import { isPrototypeName } from './text.ts';

/** Names a route may use. */
export interface KnownNames {
  readonly sites: ReadonlySet<string>;
  readonly profiles: ReadonlySet<string>;
}

/** Builds receivers and the routing tree, reporting what cannot work. */
export function buildRouting(
  shape: Shape<RoutesFile>,
  known: KnownNames,
  surroundings: Surroundings,
  reporter: Reporter,
): { receivers: Receiver[]; routes: Route[] } {
  const { data, sound } = shape;
  const receivers: Receiver[] = [];
  const names = isMapping(data.receivers) ? Object.keys(data.receivers) : [];
  for (const id of names) {
    if (isPrototypeName(id)) {
      reporter.error('NAME_RESERVED', ['receivers', id], id, `${id} is reserved: choose another name`);
    }
    const receiver = buildReceiver(id, data.receivers[id], shape, surroundings, reporter);
    if (receiver) receivers.push(receiver);
  }
  const context: RouteContext = { ...known, receivers: new Set(names), sound, reporter };
  const routes =
    sound(['routes']) || Array.isArray(data.routes) ? buildRoutes(data.routes, ['routes'], [], context) : [];
  return { receivers, routes };
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function buildReceiver(
  id: string,
  entry: ReceiverEntry | undefined,
  { sound }: Shape<RoutesFile>,
  surroundings: Surroundings,
  reporter: Reporter,
): Receiver | null {
  const path = ['receivers', id, 'webhook'];
  if (!entry || !isMapping(entry.webhook)) return null;
  const { webhook } = entry;
  const has = (key: string) => sound([...path, key]);
  if (has('url')) checkUrl(webhook.url, has('allowHttp') && webhook.allowHttp, [...path, 'url'], reporter);
  const secret = readSecret(entry, path, has, surroundings, reporter);
  if (secret === null || !has('url') || !has('timeout') || !has('giveUpAfter') || !has('allowHttp')) return null;
  return {
    id,
    webhook: {
      url: webhook.url,
      secret,
      allowHttp: webhook.allowHttp,
      timeoutMs: parseDuration(webhook.timeout),
      giveUpAfterMs: parseDuration(webhook.giveUpAfter),
    },
  };
}

function checkUrl(url: string, allowHttp: boolean, path: Path, reporter: Reporter): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !['https:', 'http:'].includes(parsed.protocol)) {
    reporter.error('URL_INVALID', path, url, 'must be a URL that begins with https://');
    return;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    reporter.error(
      'URL_CREDENTIALS',
      path,
      url,
      'a URL must not carry a user or password: the signature authenticates',
    );
  }
  if (parsed.hash !== '') reporter.error('URL_INVALID', path, url, 'remove the part after #: it is never sent');
  if (parsed.protocol === 'http:' && !allowHttp && !isLoopback(parsed.hostname)) {
    reporter.error('URL_PLAINTEXT', path, url, 'must be https; plain http to another host needs allowHttp: true');
  }
}

function readSecret(
  { webhook }: ReceiverEntry,
  path: Path,
  has: (key: string) => boolean,
  surroundings: Surroundings,
  reporter: Reporter,
): string | null {
  if (webhook.secret !== undefined && webhook.secretFile !== undefined) {
    reporter.error('SECRET_TWICE', [...path, 'secretFile'], null, 'give secret or secretFile, not both');
    return null;
  }
  if (webhook.secret === undefined && webhook.secretFile === undefined) {
    const message = `give secret: "\${NAME}" or secretFile: receivers verify by it that a message is ours`;
    if (has('secret') && has('secretFile')) reporter.error('MISSING_KEY', [...path, 'secret'], null, message);
    return null;
  }
  const key = webhook.secret === undefined ? 'secretFile' : 'secret';
  if (!has(key)) return null;
  const secret = webhook.secret ?? readSecretFile(webhook.secretFile ?? '', [...path, key], surroundings, reporter);
  if (secret === null) return null;
  if (!isWebhookSecret(secret)) {
    const message = 'must be whsec_ and the base64 of 24 to 64 random bytes (echo "whsec_$(openssl rand -base64 32)")';
    reporter.error('SECRET_INVALID', [...path, key], key === 'secret' ? secret : webhook.secretFile, message);
    return null;
  }
  return secret;
}

function isWebhookSecret(text: string): boolean {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (base64 === undefined) return false;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === base64;
}

interface RouteContext extends KnownNames {
  readonly receivers: ReadonlySet<string>;
  readonly reporter: Reporter;
  sound(path: Path): boolean;
}

function buildRoutes(entries: readonly RouteEntry[], path: Path, inherited: readonly string[], context: RouteContext) {
  return entries.flatMap((entry, index) => {
    const route = buildRoute(entry, [...path, index], inherited, context);
    return route ? [route] : [];
  });
}

function buildRoute(entry: RouteEntry, path: Path, inherited: readonly string[], context: RouteContext): Route | null {
  const { reporter, sound } = context;
  if (!isMapping(entry)) return null;
  const own = sound([...path, 'to']) ? entry.to : [];
  for (const [index, id] of own.entries()) {
    if (context.receivers.has(id)) continue;
    const known = [...context.receivers].join(', ') || 'none';
    reporter.error('RECEIVER_UNKNOWN', [...path, 'to', index], id, `no such receiver; known: ${known}`);
  }
  const to = own.length > 0 ? own : inherited;
  const children = Array.isArray(entry.routes) ? buildRoutes(entry.routes, [...path, 'routes'], to, context) : [];
  if (to.length === 0 && sound([...path, 'to'])) {
    const message = 'alarms that match here would reach nobody: name a receiver';
    reporter.error('ROUTE_TO_NOBODY', [...path, 'to'], null, message);
  }
  const match = buildMatch(entry.match, [...path, 'match'], context);
  if (!sound([...path, 'match']) || !sound([...path, 'continue'])) return null;
  return {
    match,
    to,
    continue: entry.continue,
    routes: children,
  };
}

function buildMatch(entry: MatchEntry, path: Path, context: RouteContext): RouteMatch {
  const part = <T>(key: keyof MatchEntry, value: () => T | T[] | undefined) =>
    context.sound([...path, key]) ? many(value()) : [];
  const match: RouteMatch = {
    tier: part('tier', () => entry.tier),
    site: part('site', () => entry.site),
    profile: part('profile', () => entry.profile),
  };
  const checked = [
    { key: 'site', names: match.site, known: context.sites },
    { key: 'profile', names: match.profile, known: context.profiles },
  ];
  for (const { key, names, known } of checked) {
    for (const name of names) {
      if (known.has(name)) continue;
      const message = `no such ${key}; known: ${[...known].join(', ') || 'none'}`;
      context.reporter.error(`${key.toUpperCase()}_UNKNOWN`, [...path, key], name, message);
    }
  }
  return match;
}

function many<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
