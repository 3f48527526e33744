import { Type } from '@sinclair/typebox';
import type { Device } from '../../model/device.ts';
import { DURATION_PATTERN, parseDuration } from '../../model/duration.ts';
import { AppError } from '../../model/error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AGGREGATES, type Aggregate, type HistoryItem, type HistoryQuery } from '../../store/port.ts';
import { parseInstant } from '../instant.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, words } from '../typebox.ts';
import { limit, name, quality, value } from '../wire.ts';
import { findDevice } from './devices.ts';

const HOUR_MS = 3_600_000;
const MAX_RANGE_MS = 3653 * 24 * HOUR_MS;
const MAX_BUCKETS = 10_000;
const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 1_000;
/** Questions put to the store at once, so that ingestion keeps its share; it takes no more. */
const CONCURRENT = 4;
/** Questions that are asked or wait for their turn; more are refused. */
const MOST_QUESTIONS = 16;

const item = Type.Object({
  ts: Type.Integer({ description: 'Epoch milliseconds: source time, or start of the bucket.' }),
  value,
  quality,
});

const query = Type.Object(
  {
    from: Type.Optional(
      Type.String({ description: 'Inclusive; epoch milliseconds or ISO 8601. An hour before `to` by default.' }),
    ),
    to: Type.Optional(Type.String({ description: 'Exclusive; epoch milliseconds or ISO 8601. Now by default.' })),
    step: Type.Optional(
      Type.String({
        pattern: DURATION_PATTERN,
        maxLength: 9,
        description: 'Width of a bucket, as 1m; raw samples without it.',
      }),
    ),
    aggregate: Type.Optional(
      words(AGGREGATES, { description: 'What of a bucket; `mean` by default, `last` where the point is no number.' }),
    ),
    limit: limit(MAX_LIMIT, DEFAULT_LIMIT),
  },
  { additionalProperties: false },
);

interface Asked {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step?: string | undefined;
  readonly aggregate?: Aggregate | undefined;
  readonly limit?: number | undefined;
}

/** `devices/{site}/{device}/points/{point}/history`: what was measured. */
export function addHistoryRoutes(api: Api, ports: ApiPorts, clock: Clock): void {
  let underWay = 0;
  const waiting: (() => void)[] = [];

  async function ask(question: HistoryQuery): Promise<HistoryItem[]> {
    if (underWay >= MOST_QUESTIONS) throw new AppError('HISTORY_BUSY', `${MOST_QUESTIONS} questions are under way`);
    underWay++;
    // Each question is bounded by the store's deadline, and so is the wait for one of these to end.
    if (underWay > CONCURRENT) await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await ports.history(question);
    } finally {
      underWay--;
      waiting.shift()?.();
    }
  }

  api.get(
    '/devices/:site/:device/points/:point/history',
    {
      schema: {
        tags: ['devices'],
        operationId: 'getHistory',
        summary: 'Samples of one point, raw or in buckets, oldest first',
        description: '`next` is the `from` of the following page.',
        params: Type.Object({ site: name, device: name, point: Type.String({ minLength: 1, maxLength: 200 }) }),
        querystring: query,
        response: { 200: listOf(item, Type.Integer()), ...problems(400, 404) },
      },
    },
    async (request) => {
      const device = findDevice(ports, request.params);
      const question = questionOf(device, request.params.point, request.query, clock.now());
      // One more than asked for tells whether, and where, to go on.
      return pageOf(await ask({ ...question, limit: question.limit + 1 }), question.limit);
    },
  );
}

/**
 * What the store is asked.
 *
 * @throws AppError `POINT_UNKNOWN`, `POINT_NOT_STORED`, `TIME_INVALID`, `HISTORY_RANGE_INVALID`, `HISTORY_AGGREGATE_INVALID`
 */
function questionOf(device: Device, pointId: string, asked: Asked, now: number): HistoryQuery {
  const index = device.profile.pointIndex.get(pointId);
  const point = index === undefined ? undefined : device.points[index];
  if (!point) {
    const calculated = device.profile.calculated.find(({ id }) => id === pointId);
    if (!calculated?.calc) throw new AppError('POINT_UNKNOWN', `profile ${device.profile.id} has no point ${pointId}`);
    const message = `${pointId} is calculated and not stored: ask for the points of ${calculated.calc.text}`;
    throw new AppError('POINT_NOT_STORED', message);
  }
  const to = asked.to === undefined ? now : parseInstant('to', asked.to);
  const from = asked.from === undefined ? Math.max(0, to - HOUR_MS) : parseInstant('from', asked.from);
  if (from >= to) throw new AppError('HISTORY_RANGE_INVALID', '"from" must be before "to"');
  if (to - from > MAX_RANGE_MS) {
    throw new AppError('HISTORY_RANGE_INVALID', 'the range is longer than 10 years: ask for a part of it at a time');
  }
  const stepMs = asked.step === undefined ? null : parseDuration(asked.step);
  if (stepMs === null && asked.aggregate !== undefined) {
    throw new AppError('HISTORY_AGGREGATE_INVALID', '"aggregate" needs "step", as step=1m');
  }
  if (stepMs === 0) throw new AppError('HISTORY_RANGE_INVALID', '"step" must be at least 1ms');
  if (stepMs !== null && Math.ceil(to / stepMs) - Math.floor(from / stepMs) > MAX_BUCKETS) {
    const least = Math.ceil((to - from) / (MAX_BUCKETS - 1) / 1000);
    throw new AppError(
      'HISTORY_RANGE_INVALID',
      `more than ${MAX_BUCKETS} buckets: take a step of ${least}s or more, or a shorter range`,
    );
  }
  const aggregate = asked.aggregate ?? (point.type === 'number' ? 'mean' : 'last');
  return { device, point: point.id, from, to, stepMs, aggregate, limit: asked.limit ?? DEFAULT_LIMIT };
}

/**
 * Cuts the item too many off. Samples of one millisecond stay on one page, since `next` names a millisecond: those at
 * the cut move to the next page, unless they fill this one.
 */
function pageOf(found: readonly HistoryItem[], most: number): { items: readonly HistoryItem[]; next: number | null } {
  const first = found[most];
  if (!first) return { items: found, next: null };
  let end = most;
  while (end > 0 && found[end - 1]?.ts === first.ts) end--;
  if (end === 0) return { items: found.slice(0, most), next: first.ts + 1 };
  return { items: found.slice(0, end), next: first.ts };
}
