import type { WallTime } from '../../model/local-time.ts';
import type { EscalationStep, Recipient, Route, RouteMatch, Routing } from '../../model/routing.ts';
import type { Tier } from '../../model/tier.ts';
import { applies } from './calendar.ts';
import { standingFor } from './roster.ts';

/** What of an alarm decides who is told. */
export interface Subject {
  readonly tier: Tier;
  readonly site: string;
  readonly profile: string;
  readonly grid: string | null;
  readonly tags: readonly string[];
}

/** Whom to tell of one event, and whether the routing tree had an answer. */
export interface Recipients {
  /** In the order of the configured receivers, each once. */
  readonly recipients: readonly Recipient[];
  /** Routes are configured and none of them named a receiver: everybody is told, and the caller counts it. */
  readonly unrouted: boolean;
}

/**
 * The nodes of the routing tree that speak for an alarm, in the order of the tree. Depth first: a node that matches hands
 * over to its children and speaks itself only when none of them matches; among siblings the first match wins unless it
 * says `continue`.
 */
export function route(
  { routes, calendars }: Pick<Routing, 'routes' | 'calendars'>,
  subject: Subject,
  wall: WallTime,
): readonly Route[] {
  const isNow: IsNow = (when) => applies(when, calendars, wall);
  return descend(routes, subject, isNow) ?? [];
}

/**
 * Whom to tell of an alarm event: those the routes name for its tier as it is now, each with the grouping of the first
 * route that names it, and all who were told an earlier event of this alarm, since who heard "raised" must hear "cleared"
 * even if the lower tier, or the next shift, routes elsewhere; they are told without grouping.
 *
 * No routes, or none that names a configured receiver now: everybody, because a lost alarm is worse than a needless one.
 * Receivers that are no longer configured are left out.
 */
export function recipients(routing: Routing, subject: Subject, told: readonly string[], wall: WallTime): Recipients {
  const { receivers, routes } = routing;
  const named = new Map<string, Recipient>();
  for (const { to, grouping } of route(routing, subject, wall)) {
    for (const receiver of to.flatMap((name) => standingFor(name, routing, wall))) {
      if (!named.has(receiver)) named.set(receiver, { receiver, grouping });
    }
  }
  const routed = receivers.filter(({ id }) => named.has(id));
  if (routed.length === 0) {
    return { recipients: receivers.map(({ id }) => ({ receiver: id, grouping: null })), unrouted: routes.length > 0 };
  }
  for (const receiver of told) if (!named.has(receiver)) named.set(receiver, { receiver, grouping: null });
  return { recipients: receivers.flatMap(({ id }) => named.get(id) ?? []), unrouted: false };
}

/**
 * The escalation of an alarm, soonest step first, with receivers in place of rosters: what the routes that speak for it
 * say together. The routes are those of the time since when it wants to be acknowledged, so that a change of shift
 * leaves out no step and repeats none; whose turn it is follows `now`. A step that reaches nobody any more reaches
 * everybody.
 */
export function escalationOf(
  routing: Routing,
  subject: Subject,
  { since, now }: { readonly since: WallTime; readonly now: WallTime },
): readonly EscalationStep[] {
  const configured = routing.receivers.map(({ id }) => id);
  const steps = new Map<number, { to: Set<string>; level: string | null }>();
  for (const { escalation } of route(routing, subject, since)) {
    for (const { afterMs, to, level } of escalation) {
      const step = steps.get(afterMs) ?? { to: new Set(), level };
      for (const receiver of to.flatMap((name) => standingFor(name, routing, now))) step.to.add(receiver);
      steps.set(afterMs, { to: step.to, level: step.level ?? level });
    }
  }
  return [...steps]
    .sort(([one], [other]) => one - other)
    .map(([afterMs, { to, level }]) => {
      const reached = configured.filter((id) => to.has(id));
      return { afterMs, to: reached.length > 0 ? reached : configured, level };
    });
}

/** True when a part of a route match that does not look at the time admits an alarm. */
export function admits(match: RouteMatch, subject: Subject): boolean {
  return (
    isAmong(match.tier, subject.tier) &&
    isAmong(match.site, subject.site) &&
    isAmong(match.profile, subject.profile) &&
    (match.grid.length === 0 || match.grid.some((beginning) => subject.grid?.startsWith(beginning) === true)) &&
    match.tags.every((tag) => subject.tags.includes(tag))
  );
}

type IsNow = (when: NonNullable<RouteMatch['when']>) => boolean;

/** null = no sibling matched. */
function descend(routes: readonly Route[], subject: Subject, isNow: IsNow): readonly Route[] | null {
  let found: readonly Route[] | null = null;
  for (const node of routes) {
    if (!admits(node.match, subject) || (node.match.when && !isNow(node.match.when))) continue;
    found = [...(found ?? []), ...(descend(node.routes, subject, isNow) ?? [node])];
    if (!node.continue) break;
  }
  return found;
}

function isAmong<T>(allowed: readonly T[], value: T): boolean {
  return allowed.length === 0 || allowed.includes(value);
}
