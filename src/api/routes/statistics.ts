import { Type } from '@sinclair/typebox';
import { GROUPINGS, MOST_SPAN_MS } from '../../alerts/statistics/figures.ts';
import { DAY_MS } from '../../alerts/statistics/load.ts';
import { iso } from '../../model/alarm-wire.ts';
import { AppError } from '../../model/error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { parseInstant } from '../instant.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { figuresWire, statisticsSchema } from '../statistics.ts';
import { type Api, words } from '../typebox.ts';

const instant = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }));

/** `statistics`: the figures of EEMUA 191 and ISA-18.2. */
export function addStatisticsRoutes(api: Api, { statistics }: Pick<ApiPorts, 'statistics'>, clock: Clock): void {
  api.get(
    '/statistics',
    {
      schema: {
        tags: ['alarms'],
        operationId: 'alarmStatistics',
        summary: 'How many alarms, how well they are answered, and how that compares with EEMUA 191 and ISA-18.2',
        description:
          'Exercises and tests are not counted. Calls are counted by the minute, everything else by the hour (UTC) in which it happened: begin and end with a full hour where that matters.',
        querystring: Type.Object(
          {
            from: instant('Epoch milliseconds or ISO 8601; a day before `to` by default.'),
            to: instant('Epoch milliseconds or ISO 8601; now by default.'),
            by: Type.Optional(words(GROUPINGS, { description: 'The same figures for each of them.' })),
            operators: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: 1000,
                default: 1,
                description: 'How many people share the alarms; rates and floods are for one of them.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: statisticsSchema, ...problems(400) },
      },
    },
    async (request) => {
      const { from, to, by = null, operators = 1 } = request.query;
      const now = clock.now();
      const end = to === undefined ? now : Math.min(parseInstant('to', to), now);
      const begin = from === undefined ? end - DAY_MS : parseInstant('from', from);
      if (begin >= end) throw new AppError('STATISTICS_RANGE_INVALID', '"from" must be before "to", and before now');
      if (end - begin > MOST_SPAN_MS) {
        const days = MOST_SPAN_MS / DAY_MS;
        throw new AppError('STATISTICS_RANGE_INVALID', `ask for ${days} days at the most`);
      }
      const answer = await statistics.ask({ from: begin, to: end, operators, by });
      return {
        from: iso(answer.from),
        to: iso(answer.to),
        operators,
        by,
        all: figuresWire(answer.all),
        groups: answer.groups.map(({ name, figures }) => ({ name, figures: figuresWire(figures) })),
      };
    },
  );
}
