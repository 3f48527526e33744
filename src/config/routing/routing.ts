import type { RoutingFile } from '../../alerts/policy/schema/routing.ts';
import type { Routing } from '../../model/routing.ts';
import type { Language } from '../../model/text.ts';
import { NAME_PATTERN } from '../../rules/schema/terms.ts';
import type { Reporter } from '../fault.ts';
import { checkNames, type KnownNames } from '../known-names.ts';
import type { Surroundings } from '../secrets.ts';
import type { Shape } from '../shape.ts';
import { isPrototypeName } from '../text.ts';
import { isMapping, type RoutingContext } from './context.ts';
import { buildInhibitions, DEFAULT_INHIBITIONS } from './inhibition.ts';
import { buildReceiver } from './receiver.ts';
import { buildCalendar, buildRoster } from './roster.ts';
import { buildRoutes } from './route.ts';

const GOOD_NAME = new RegExp(NAME_PATTERN);

/** Nobody is told of anything: what stands for a file that cannot be read. */
export const NO_ROUTING: Routing = {
  receivers: [],
  routes: [],
  rosters: new Map(),
  calendars: new Map(),
  inhibitions: [],
};

/** Builds who is told of what, reporting what cannot work. */
export function buildRouting(
  { data, sound }: Shape<RoutingFile>,
  known: KnownNames & { readonly language: Language },
  surroundings: Surroundings,
  reporter: Reporter,
): Routing {
  const names = {
    receivers: namesIn(data.receivers),
    rosters: namesIn(data.rosters),
    calendars: namesIn(data.calendars),
  };
  for (const [section, own] of Object.entries(names)) {
    for (const name of own) {
      if (!isPrototypeName(name)) continue;
      reporter.error('NAME_RESERVED', [section, name], name, `${name} is reserved: choose another name`);
    }
  }
  for (const name of names.rosters) {
    if (!names.receivers.has(name)) continue;
    reporter.error('ROSTER_NAME_TAKEN', ['rosters', name], name, 'a receiver has this name: routes could mean either');
  }
  const context: RoutingContext = { ...known, ...names, sound, reporter };
  const place = { surroundings, language: known.language, sound, reporter };
  const receivers = [...names.receivers]
    .filter(isName)
    .flatMap((id) => buildReceiver(id, data.receivers[id], place) ?? []);
  for (const { id, channel } of receivers) {
    if (channel.kind !== 'mqtt') continue;
    const path = ['receivers', id, 'mqtt', 'sites'];
    checkNames(channel.mqtt.sites, known.sites, { code: 'SITE_UNKNOWN', what: 'site', path, reporter });
  }
  return {
    receivers,
    routes: Array.isArray(data.routes) ? buildRoutes(data.routes, context) : [],
    rosters: built(names.rosters, (name) => data.rosters[name] && buildRoster(name, data.rosters[name], context)),
    calendars: built(
      names.calendars,
      (name) => data.calendars[name] && buildCalendar(name, data.calendars[name], context),
    ),
    inhibitions:
      data.inhibit === undefined
        ? DEFAULT_INHIBITIONS
        : buildInhibitions(Array.isArray(data.inhibit) ? data.inhibit : [], context),
  };
}

function namesIn(section: unknown): ReadonlySet<string> {
  return new Set(isMapping(section) ? Object.keys(section) : []);
}

/** Nothing has looked at what stands under a name that is none. */
function isName(name: string): boolean {
  return GOOD_NAME.test(name);
}

function built<T>(names: Iterable<string>, build: (name: string) => T | null | undefined): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const name of names) {
    const one = isName(name) ? build(name) : null;
    if (one) found.set(name, one);
  }
  return found;
}
