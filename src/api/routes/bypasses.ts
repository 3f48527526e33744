import { Type } from '@sinclair/typebox';
import type { BypassScope } from '../../model/bypass.ts';
import type { Configuration } from '../../model/configuration.ts';
import type { Device } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import { AppError } from '../../model/error.ts';
import { TIERS } from '../../model/tier.ts';
import { BYPASS_STATES, bypassSchema, bypassWire } from '../bypass.ts';
import { by, commandSchema, duration, reason } from '../command.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, named, words } from '../typebox.ts';
import { limit, name } from '../wire.ts';

const DEFAULT_LIMIT = 100;

const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });

const outOfService = Type.Object(
  {
    by,
    reason,
    site: name,
    device: Type.Optional(name),
    profile: Type.Optional(name),
    point: Type.Optional(name),
    rule: Type.Optional(name),
    upTo: words(TIERS, { description: 'Most urgent tier that is hidden: what is above it is still announced.' }),
    duration,
    replacement: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S', description: 'What protects meanwhile.' }),
    workOrder: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  { additionalProperties: false },
);

/** `bypasses`: what is hidden, by whom, and for how long. */
export function addBypassRoutes(api: Api, ports: ApiPorts): void {
  const { bypasses } = ports;
  const schema = { tags: ['bypasses'] };
  const answer = { 200: named(bypassSchema), ...problems(400, 404, 409, 413, 415) };

  api.get(
    '/bypasses',
    {
      schema: {
        ...schema,
        operationId: 'listBypasses',
        summary: 'Bypasses that are requested or active, newest first',
        querystring: Type.Object(
          {
            state: Type.Optional(words(BYPASS_STATES)),
            site: Type.Optional(name),
            cursor: Type.Optional(
              Type.String({ pattern: '^byp_[0-9A-Za-z]{1,40}$', description: '`next` of the page before.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(named(bypassSchema), Type.String()), ...problems(400) },
      },
    },
    (request) => {
      const { cursor, limit: most = DEFAULT_LIMIT, ...filter } = request.query;
      const { items, next } = bypasses.list({
        ...filter,
        ...(cursor === undefined ? {} : { before: cursor }),
        limit: most,
      });
      return { items: items.map(bypassWire), next };
    },
  );

  api.get(
    '/bypasses/:id',
    {
      schema: {
        ...schema,
        operationId: 'getBypass',
        summary: 'One bypass, active or over',
        params,
        response: { 200: named(bypassSchema), ...problems(404) },
      },
    },
    (request) => {
      const bypass = bypasses.get(request.params.id);
      if (!bypass) throw new AppError('BYPASS_UNKNOWN', `there is no bypass ${request.params.id}`);
      return bypassWire(bypass);
    },
  );

  api.post(
    '/bypasses',
    {
      schema: {
        ...schema,
        operationId: 'takeOutOfService',
        summary: 'Takes a site, device, point or rule out of service for a time, or asks for it',
        body: outOfService,
        response: answer,
      },
    },
    async (request) => {
      const { site, device, profile, point, rule, by: owner, duration: length, workOrder, ...rest } = request.body;
      const scope = {
        alarm: null,
        site,
        device: device ?? null,
        profile: profile ?? null,
        point: point ?? null,
        rule: rule ?? null,
      };
      assertConfigured(scope, ports.configuration);
      const made = await bypasses.request({
        ...rest,
        kind: 'outOfService',
        scope,
        owner,
        oneShot: false,
        approvedBy: null,
        origin: { kind: 'person' },
        workOrder: workOrder ?? null,
        lengthMs: parseDuration(length),
      });
      return bypassWire(made);
    },
  );

  api.post(
    '/bypasses/:id/approve',
    {
      schema: {
        ...schema,
        operationId: 'approveBypass',
        summary: 'The second person agrees: the bypass begins',
        params,
        body: commandSchema,
        response: answer,
      },
    },
    async (request) => bypassWire(await bypasses.approve(request.params.id, request.body)),
  );

  api.post(
    '/bypasses/:id/lift',
    {
      schema: {
        ...schema,
        operationId: 'liftBypass',
        summary: 'Ends a bypass at once, or refuses a request; what holds is announced',
        params,
        body: commandSchema,
        response: answer,
      },
    },
    async (request) => bypassWire(await bypasses.lift(request.params.id, request.body)),
  );
}

/** A bypass of what is not there would let people believe that something is out of service. Groups have names as devices. */
function assertConfigured(scope: BypassScope, { devices, groups }: Configuration): void {
  const judged = [...devices.values(), ...groups.map(({ device }) => device)];
  const concerned = judged.filter(
    ({ site, id, profile }) =>
      site === scope.site &&
      (scope.device === null || id === scope.device) &&
      (scope.profile === null || profile.id === scope.profile),
  );
  if (concerned.length === 0) {
    throw new AppError(
      'DEVICE_UNKNOWN',
      `no device ${scope.site}/${scope.device ?? '*'} of that profile is configured`,
    );
  }
  if (scope.point !== null && !concerned.some(({ points }) => points.some(({ id }) => id === scope.point))) {
    throw new AppError('POINT_UNKNOWN', `nothing there has a point ${scope.point}`);
  }
  // What a group judges has no list of rules.
  const isOfGroup = scope.device !== null && !devices.has(`${scope.site}/${scope.device}`);
  if (scope.rule !== null && !isOfGroup && !concerned.some((device) => ruleIds(device).includes(scope.rule ?? ''))) {
    throw new AppError('RULE_UNKNOWN', `nothing there has a rule ${scope.rule}`);
  }
}

/** What alarms of a device name as their rule; limits on a rate are rules too. */
function ruleIds({ rules, points }: Device): readonly string[] {
  const rates = points.flatMap(({ id, rates }) => rates.map(({ direction }) => `${id}.${direction}`));
  return [...rules.map(({ id }) => id), ...rates];
}
