import { type Static, Type } from '@sinclair/typebox';
import { POSITIVE } from '../../../rules/schema/terms.ts';
import { when } from './roster.ts';
import { names, oneOrMany, recipientName, recipientNames, tags, tiers } from './terms.ts';

const match = Type.Object(
  {
    tier: Type.Optional({ ...tiers, description: 'Tiers.' }),
    site: Type.Optional({ ...names, description: 'Sites.' }),
    profile: Type.Optional({ ...names, description: 'Device classes.' }),
    grid: Type.Optional({
      ...oneOrMany(Type.String({ minLength: 1, maxLength: 64, expects: 'a text in quotes, as "3204"' })),
      description: 'Grid codes or their beginnings, in quotes: "3204" takes "320412" too.',
    }),
    tags: Type.Optional({ ...tags, description: 'Tags, all of which must be on the device.' }),
    when: Type.Optional({ ...when, description: 'Only at these times.' }),
  },
  { additionalProperties: false, default: {}, description: 'Every part that is there must match.' },
);

const escalation = Type.Object(
  {
    after: Type.String({
      ...POSITIVE,
      description: 'Nobody has acknowledged for so long; longer from step to step.',
    }),
    to: { ...recipientNames, description: 'Receivers or rosters that are told then.' },
    level: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Whose level that is, as enterprise, town, county or city; recorded with the step.',
      }),
    ),
  },
  { additionalProperties: false },
);

const label = Type.Union([
  Type.Literal('site'),
  Type.Literal('grid'),
  Type.Literal('profile'),
  Type.Literal('device'),
  Type.Literal('tier'),
]);

const ROUTE_OPTIONS = { additionalProperties: false };

const routeKeys = {
  match,
  to: Type.Array(recipientName, {
    default: [],
    uniqueItems: true,
    description: 'Receivers or rosters. Default: as the route above.',
  }),
  continue: Type.Boolean({ default: false, description: 'Later routes beside this one are tried too.' }),
  groupBy: Type.Optional(
    Type.Array(label, {
      uniqueItems: true,
      description:
        'Alarms that share these wait for each other and come as one digest: `site`, `grid`, `profile`, `device`, `tier`. ' +
        'Red never waits. Default: as the route above; `[]` = each by itself.',
    }),
  ),
  groupWait: Type.Optional(
    Type.String({
      ...POSITIVE,
      description: 'How long the first of a group waits for others. Default: as the route above, else 10s.',
    }),
  ),
  groupInterval: Type.Optional(
    Type.String({
      ...POSITIVE,
      description: 'Least time between two digests of a group. Default: as the route above, else 60s.',
    }),
  ),
  escalate: Type.Optional(
    Type.Array(escalation, {
      description:
        'Whom else to tell while nobody acknowledges, step by step. Default: as the route above; `[]` = nobody.',
    }),
  ),
};

const BELOW = { default: [], description: 'Routes below this one, tried when it matches; four levels in all.' };

// Four levels deep, written out: a recursive schema would need $ref, whose faults name no place in the file.
const route4 = Type.Object(routeKeys, ROUTE_OPTIONS);
const route3 = Type.Object({ ...routeKeys, routes: Type.Array(route4, BELOW) }, ROUTE_OPTIONS);
const route2 = Type.Object({ ...routeKeys, routes: Type.Array(route3, BELOW) }, ROUTE_OPTIONS);
const route = Type.Object({ ...routeKeys, routes: Type.Array(route2, BELOW) }, ROUTE_OPTIONS);

/** `routes` of routes.yaml. */
export const routesSchema = Type.Array(route, { default: [], description: 'First match wins unless `continue`.' });

export type MatchEntry = Static<typeof match>;
export type EscalationEntry = Static<typeof escalation>;

/** A route as written; the levels differ only in whether more may follow. */
export type RouteEntry = Static<typeof route4> & { routes?: RouteEntry[] };
