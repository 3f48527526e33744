import type { Wording } from '../../src/alerts/templates/view.ts';
import type { Receiver, Route, RouteMatch, Routing } from '../../src/model/routing.ts';
import type { WebhookParts } from './receiver.ts';

/** What the shipped configuration says of tiers and time. */
export const TEST_WORDING: Wording = {
  timezone: 'Asia/Shanghai',
  tiers: {
    red: { title: { en: 'Red', zh: '红色' } },
    orange: { title: { en: 'Orange', zh: '橙色' } },
    yellow: { title: { en: 'Yellow', zh: '黄色' } },
    blue: { title: { en: 'Blue', zh: '蓝色' } },
  },
};

/** A webhook receiver with the given parts; it takes every event as it comes. */
export function buildReceiver(
  id: string,
  webhook: Partial<WebhookParts> = {},
  parts: Partial<Receiver> = {},
): Receiver {
  const {
    url = `https://${id}.example/`,
    secret = '',
    allowHttp = false,
    timeoutMs = 10_000,
    giveUpAfterMs = 86_400_000,
  } = webhook;
  return {
    id,
    channel: { kind: 'webhook', webhook: { url, secret } },
    allowHttp,
    timeoutMs,
    giveUpAfterMs,
    language: 'en',
    template: { title: null, text: null },
    rate: null,
    flood: null,
    ...parts,
  };
}

/** A route to receivers or rosters that matches everything but what `match` says. */
export function buildRoute(to: readonly string[], match: Partial<RouteMatch> = {}, parts: Partial<Route> = {}): Route {
  const all: RouteMatch = { tier: [], site: [], profile: [], grid: [], tags: [], when: null };
  return { match: { ...all, ...match }, to, continue: false, grouping: null, escalation: [], routes: [], ...parts };
}

/** Routing with the given receivers by name, and nothing else that is not said. */
export function buildRouting(receivers: readonly string[], parts: Partial<Routing> = {}): Routing {
  return {
    receivers: receivers.map((id) => buildReceiver(id)),
    routes: [],
    rosters: new Map(),
    calendars: new Map(),
    inhibitions: [],
    ...parts,
  };
}
