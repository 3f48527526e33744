import { Type } from '@sinclair/typebox';
import { iso } from '../../model/alarm-wire.ts';
import { AppError } from '../../model/error.ts';
import { assessmentSchema, assessmentWire } from '../assessment.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, named } from '../typebox.ts';
import { time } from '../wire.ts';

const date = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Local date.', examples: ['2026-11-22'] });

/** `reports`: the daily rolling assessments (每日滚动研判). */
export function addReportRoutes(api: Api, { reports }: Pick<ApiPorts, 'reports'>): void {
  const find = (day: string) => {
    const found = reports.get(day);
    if (!found) throw new AppError('REPORT_UNKNOWN', `there is no assessment of ${day}: GET /api/v1/reports/daily`);
    return found;
  };

  api.get(
    '/reports/daily',
    {
      schema: {
        tags: ['reports'],
        operationId: 'listDailyReports',
        summary: 'The daily assessments that are kept, newest first',
        response: { 200: Type.Object({ items: Type.Array(Type.Object({ date, madeAt: time })) }), ...problems() },
      },
    },
    () => ({ items: reports.list().map(({ date: day, madeAt }) => ({ date: day, madeAt: iso(madeAt) })) }),
  );

  api.get(
    '/reports/daily/:date',
    {
      schema: {
        tags: ['reports'],
        operationId: 'getDailyReport',
        summary: 'A daily assessment: counts, trends, points near a limit, what is silent, overdue and hidden',
        description: 'The same as a page: `GET /api/v1/reports/daily/{date}.html`.',
        params: Type.Object({ date }),
        response: { 200: named(assessmentSchema), ...problems(400, 404) },
      },
    },
    (request) => assessmentWire(find(request.params.date)),
  );

  api.get(
    '/reports/daily/:date.html',
    {
      schema: {
        tags: ['reports'],
        operationId: 'getDailyReportPage',
        summary: 'A daily assessment as one HTML page that needs nothing else',
        params: Type.Object({ date }),
        response: {
          200: { description: 'The page', content: { 'text/html': { schema: Type.String() } } },
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const page = reports.page(find(request.params.date));
      return reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        .serializer((text: string) => text)
        .send(page);
    },
  );
}
