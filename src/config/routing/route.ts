import type { EscalationEntry, MatchEntry, RouteEntry } from '../../alerts/policy/schema/route.ts';
import { parseDuration } from '../../model/duration.ts';
import type { EscalationStep, Grouping, GroupLabel, Route, RouteMatch } from '../../model/routing.ts';
import type { Path } from '../fault.ts';
import { checkNames } from '../known-names.ts';
import { checkRecipients, isMapping, many, type RoutingContext } from './context.ts';
import { buildWhen } from './roster.ts';

/** What a route has from the one above it. */
interface Inherited {
  readonly to: readonly string[];
  readonly groupBy: readonly GroupLabel[];
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly escalation: readonly EscalationStep[];
}

const TOP: Inherited = { to: [], groupBy: [], waitMs: 10_000, intervalMs: 60_000, escalation: [] };

/** Builds the routing tree, with everything that is inherited written out. */
export function buildRoutes(
  entries: readonly RouteEntry[],
  context: RoutingContext,
  path: Path = ['routes'],
  inherited: Inherited = TOP,
): Route[] {
  return entries.flatMap((entry, index) => buildRoute(entry, [...path, index], inherited, context) ?? []);
}

function buildRoute(entry: RouteEntry, path: Path, inherited: Inherited, context: RoutingContext): Route | null {
  const { reporter, sound } = context;
  if (!isMapping(entry)) return null;
  const own = sound([...path, 'to']) ? entry.to : [];
  checkRecipients(own, [...path, 'to'], context, 'receivers and rosters');
  const to = own.length > 0 ? own : inherited.to;
  const terms: Inherited = {
    to,
    ...buildGrouping(entry, path, inherited, context),
    escalation: buildEscalation(entry.escalate, [...path, 'escalate'], context) ?? inherited.escalation,
  };
  const routes = Array.isArray(entry.routes) ? buildRoutes(entry.routes, context, [...path, 'routes'], terms) : [];
  if (to.length === 0 && sound([...path, 'to'])) {
    const message = 'alarms that match here would reach nobody: name a receiver';
    reporter.error('ROUTE_TO_NOBODY', [...path, 'to'], null, message);
  }
  const match = buildMatch(entry.match, [...path, 'match'], context);
  if (!sound([...path, 'match']) || !sound([...path, 'continue'])) return null;
  const { escalation } = terms;
  return { match, to, continue: entry.continue, grouping: groupingOf(terms), escalation, routes };
}

function buildGrouping(
  entry: RouteEntry,
  path: Path,
  inherited: Inherited,
  { reporter, sound }: RoutingContext,
): Pick<Inherited, 'groupBy' | 'waitMs' | 'intervalMs'> {
  const duration = (key: 'groupWait' | 'groupInterval', above: number): number => {
    const text = sound([...path, key]) ? entry[key] : undefined;
    return text === undefined ? above : parseDuration(text);
  };
  const groupBy = sound([...path, 'groupBy']) ? (entry.groupBy ?? inherited.groupBy) : inherited.groupBy;
  for (const key of ['groupWait', 'groupInterval'] as const) {
    if (entry[key] === undefined || groupBy.length > 0 || !sound([...path, 'groupBy'])) continue;
    reporter.warn('GROUPING_WITHOUT_LABELS', [...path, key], entry[key], 'nothing is grouped here: say groupBy');
  }
  return {
    groupBy,
    waitMs: duration('groupWait', inherited.waitMs),
    intervalMs: duration('groupInterval', inherited.intervalMs),
  };
}

function groupingOf({ groupBy, waitMs, intervalMs }: Inherited): Grouping | null {
  return groupBy.length === 0 ? null : { by: groupBy, waitMs, intervalMs };
}

/** null = it is as above. */
function buildEscalation(
  entries: readonly EscalationEntry[] | undefined,
  path: Path,
  context: RoutingContext,
): EscalationStep[] | null {
  if (entries === undefined || !context.sound(path)) return null;
  let before = 0;
  return entries.map(({ after, to, level = null }, index) => {
    checkRecipients(to, [...path, index, 'to'], context, 'receivers and rosters');
    const afterMs = parseDuration(after);
    if (afterMs <= before) {
      const message = 'each step comes later than the one before it: put them in order';
      context.reporter.error('ESCALATION_ORDER', [...path, index, 'after'], after, message);
    }
    before = afterMs;
    return { afterMs, to, level };
  });
}

function buildMatch(entry: MatchEntry, path: Path, context: RoutingContext): RouteMatch {
  const { sites, profiles, reporter, sound } = context;
  const part = <T>(key: keyof MatchEntry, value: () => T | readonly T[] | undefined) =>
    sound([...path, key]) ? many(value()) : [];
  const when = sound([...path, 'when']) && isMapping(entry) ? entry.when : undefined;
  const match: RouteMatch = {
    tier: part('tier', () => entry.tier),
    site: part('site', () => entry.site),
    profile: part('profile', () => entry.profile),
    grid: part('grid', () => entry.grid),
    tags: part('tags', () => entry.tags),
    when: when === undefined ? null : buildWhen(when, [...path, 'when'], context),
  };
  checkNames(match.site, sites, { code: 'SITE_UNKNOWN', what: 'site', path: [...path, 'site'], reporter });
  checkNames(match.profile, profiles, {
    code: 'PROFILE_UNKNOWN',
    what: 'profile',
    path: [...path, 'profile'],
    reporter,
  });
  return match;
}
