import type { Route, RouteMatch } from '../../model/configuration.ts';
import type { Tier } from '../../model/tier.ts';

/** What of an alarm decides who is told. */
export interface Subject {
  readonly tier: Tier;
  readonly site: string;
  readonly profile: string;
}

/** Whom to tell of one event, and whether the routing tree had an answer. */
export interface Recipients {
  readonly receivers: readonly string[];
  /** Routes are configured and none of them named a receiver: everybody is told, and the caller counts it. */
  readonly unrouted: boolean;
}

/**
 * The receivers the routing tree names, each once, in the order of the tree. Depth first: a node that matches hands
 * over to its children and speaks itself only when none of them matches; among siblings the first match wins unless it
 * says `continue`; a child without `to` has its parent's.
 */
export function route(routes: readonly Route[], subject: Subject): readonly string[] {
  return [...new Set(descend(routes, subject, []) ?? [])];
}

/**
 * Whom to tell of an alarm event: those the routes name for its tier as it is now, and all who were told an earlier
 * event of this alarm, since who heard "raised" must hear "cleared" even if the lower tier routes elsewhere.
 *
 * No routes, or none that names a configured receiver: everybody, because a lost alarm is worse than a needless one.
 * Receivers that are no longer configured are left out. The order is that of `receivers`.
 */
export function recipients(
  routes: readonly Route[],
  receivers: readonly string[],
  subject: Subject,
  told: readonly string[],
): Recipients {
  const configured = new Set(receivers);
  const routed = route(routes, subject).filter((id) => configured.has(id));
  if (routed.length === 0) return { receivers: [...configured], unrouted: routes.length > 0 };
  const chosen = new Set([...routed, ...told]);
  return { receivers: [...configured].filter((id) => chosen.has(id)), unrouted: false };
}

/** null = no sibling matched. */
function descend(routes: readonly Route[], subject: Subject, inherited: readonly string[]): readonly string[] | null {
  let found: string[] | null = null;
  for (const node of routes) {
    if (!matches(node.match, subject)) continue;
    const to = node.to.length > 0 ? node.to : inherited;
    found = [...(found ?? []), ...(descend(node.routes, subject, to) ?? to)];
    if (!node.continue) break;
  }
  return found;
}

function matches(match: RouteMatch, subject: Subject): boolean {
  return admits(match.tier, subject.tier) && admits(match.site, subject.site) && admits(match.profile, subject.profile);
}

function admits<T>(allowed: readonly T[], value: T): boolean {
  return allowed.length === 0 || allowed.includes(value);
}
