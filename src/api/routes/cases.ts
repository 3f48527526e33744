import { Type } from '@sinclair/typebox';
import { CASE_STATES } from '../../model/case.ts';
import { caseAction, caseSchema, caseStepSchema, caseWire } from '../case.ts';
import { by, commandSchema, comment, evidence } from '../command.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, named, words } from '../typebox.ts';
import { limit } from '../wire.ts';

const DEFAULT_LIMIT = 100;

const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });

const step = Type.Object(
  { by, comment: Type.Optional(comment), evidence, action: caseStepSchema },
  { additionalProperties: false },
);

const remark = Type.Object({ ...commandSchema.properties, evidence }, { additionalProperties: false });

/** `cases`: the closed loop beside each alarm, from its receipt to its end. */
export function addCaseRoutes(api: Api, { cases }: ApiPorts): void {
  const schema = { tags: ['cases'] };
  const answer = { 200: named(caseSchema), ...problems(400, 404, 409, 413, 415) };

  api.get(
    '/cases',
    {
      schema: {
        ...schema,
        operationId: 'listCases',
        summary: 'Cases that are not closed, newest alarm first',
        querystring: Type.Object(
          {
            state: Type.Optional(words(CASE_STATES, { description: 'closed: those that are.' })),
            overdue: Type.Optional(Type.Boolean({ description: 'Only those with a promise that was not kept.' })),
            supervised: Type.Optional(
              Type.Boolean({ description: 'Only those that are watched over from above (督办).' }),
            ),
            cursor: Type.Optional(
              Type.String({ pattern: '^alm_[0-9A-Za-z]{1,40}$', description: '`next` of the page before.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(named(caseSchema), Type.String()), ...problems(400) },
      },
    },
    (request) => {
      const { cursor, limit: most = DEFAULT_LIMIT, ...filter } = request.query;
      const { items, next } = cases.list({
        ...filter,
        ...(cursor === undefined ? {} : { before: cursor }),
        limit: most,
      });
      return { items: items.map(caseWire), next };
    },
  );

  api.get(
    '/alarms/:id/case',
    {
      schema: {
        ...schema,
        operationId: 'getCase',
        summary: 'The case of an alarm, with all that was done',
        params,
        response: { 200: named(caseSchema), ...problems(404) },
      },
    },
    (request) => caseWire(cases.get(request.params.id)),
  );

  api.post(
    '/alarms/:id/case',
    {
      schema: {
        ...schema,
        operationId: 'actOnCase',
        summary: 'A step of the case: verify, dispose, report, review, supervise, close, reopen',
        params,
        body: step,
        response: answer,
      },
    },
    async (request) => {
      const { comment: said = null, evidence: links = [], action, by: person } = request.body;
      const step = { by: person, comment: said, evidence: links, action: caseAction(action) };
      return caseWire(await cases.act(request.params.id, step));
    },
  );

  api.post(
    '/alarms/:id/comment',
    {
      schema: {
        ...schema,
        operationId: 'commentAlarm',
        summary: 'A remark in the case of an alarm',
        params,
        body: remark,
        response: answer,
      },
    },
    async (request) => {
      const { evidence: links = [], ...command } = request.body;
      const action = { kind: 'comment' } as const;
      return caseWire(await cases.act(request.params.id, { ...command, evidence: links, action }));
    },
  );
}
