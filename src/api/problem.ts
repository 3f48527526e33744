import { STATUS_CODES } from 'node:http';
import { type Static, Type } from '@sinclair/typebox';
import { AppError } from '../model/error.ts';
import { nullable, words } from './typebox.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Something wrong in the files of a configuration. */
export const findingSchema = Type.Object({
  severity: words(['error', 'warning', 'info']),
  code: Type.String({ examples: ['LIMIT_ORDER'] }),
  number: Type.String({ examples: ['DL214'], description: '`davylamp check --explain` tells more.' }),
  file: Type.String(),
  path: Type.String({ description: 'Where in the file; empty = the whole file.' }),
  line: nullable(Type.Integer()),
  value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  message: Type.String(),
});

/** A refusal as RFC 9457 writes it. The code is the contract; title and detail are for people. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:davylamp:problem:` and the code.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was wrong, and what to do.' }),
    instance: Type.String({ description: 'The path that was asked for.' }),
    code: Type.String({ examples: ['ALARM_UNKNOWN'] }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          in: Type.String({ description: 'body, querystring, params or headers' }),
          pointer: Type.String({ description: 'JSON Pointer to the value.' }),
          detail: Type.String(),
        }),
      ),
    ),
    findings: Type.Optional(
      Type.Array(findingSchema, { description: 'What is wrong in the files of a refused configuration.' }),
    ),
  },
  { $id: 'Problem', description: 'RFC 9457 problem document.' },
);

export type Problem = Static<typeof problemSchema>;

interface Kind {
  readonly status: number;
  readonly title: string;
  /** Told instead of the error's own message: what goes wrong inside is for the log only. */
  readonly detail?: string;
  /** Worth trying again after so many seconds. */
  readonly retryAfterS?: number;
}

const NOTHING_LOST = 'Nothing that was acknowledged is lost. Try again later.';
const NOT_TAKEN = 'Nothing of this request may be relied on as taken. Send it again later.';

/** What each code is in HTTP; a code that is not here is an internal error. */
export const PROBLEMS: Readonly<Record<string, Kind>> = {
  REQUEST_INVALID: { status: 400, title: 'The request is not as the API document says' },
  BODY_NOT_JSON: { status: 400, title: 'The body is not JSON' },
  BODY_NOT_UTF8: { status: 400, title: 'The body is not UTF-8' },
  BODY_TOO_DEEP: { status: 400, title: 'The body is nested too deep' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  BODY_LENGTH_WRONG: { status: 400, title: 'The body is not as long as announced' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The media type is not supported' },
  URL_INVALID: { status: 400, title: 'The URL is malformed' },
  TIME_INVALID: { status: 400, title: 'Not a time' },
  DURATION_INVALID: { status: 400, title: 'Not a duration' },
  CURSOR_INVALID: { status: 400, title: 'Not a cursor' },
  HISTORY_RANGE_INVALID: { status: 400, title: 'The range cannot be asked for' },
  HISTORY_AGGREGATE_INVALID: { status: 400, title: 'The aggregate does not fit' },
  CASE_EVIDENCE_INVALID: { status: 400, title: 'Not links to evidence' },
  STATISTICS_RANGE_INVALID: { status: 400, title: 'The range cannot be asked for' },
  REPORT_UNKNOWN: { status: 404, title: 'There is no such report' },
  HOST_REFUSED: { status: 403, title: 'The host is not served' },
  ORIGIN_REFUSED: { status: 403, title: 'Another web site may not command' },
  ROUTE_UNKNOWN: { status: 404, title: 'There is nothing here' },
  ALARM_UNKNOWN: { status: 404, title: 'There is no such alarm' },
  DEVICE_UNKNOWN: { status: 404, title: 'There is no such device' },
  POINT_UNKNOWN: { status: 404, title: 'The device has no such point' },
  RULE_UNKNOWN: { status: 404, title: 'Nothing of that name is judged for the device' },
  POINT_NOT_STORED: { status: 404, title: 'The point is calculated and not stored' },
  HISTORY_POINT_UNKNOWN: { status: 404, title: 'The device has no such point' },
  BYPASS_UNKNOWN: { status: 404, title: 'There is no such bypass' },
  RECEIVER_UNKNOWN: { status: 404, title: 'There is no such receiver' },
  DELIVERY_UNKNOWN: { status: 404, title: 'There is no such notification' },
  ALARM_ALREADY_ACKNOWLEDGED: { status: 409, title: 'The alarm is acknowledged already' },
  ALARM_STILL_ACTIVE: { status: 409, title: 'The condition still holds' },
  ALARM_NOT_ACKNOWLEDGED: { status: 409, title: 'The alarm is not acknowledged' },
  ALARM_NOT_LATCHED: { status: 409, title: 'The alarm is not latched' },
  ALARM_NOT_SHELVED: { status: 409, title: 'Nothing shelves the alarm alone' },
  CASE_NOT_VERIFIED: { status: 409, title: 'Nobody has verified the alarm yet' },
  CASE_NOT_DISPOSED: { status: 409, title: 'Nobody has disposed of the alarm yet' },
  CASE_NOT_REPORTED: { status: 409, title: 'There is no report yet' },
  CASE_REPORTED: { status: 409, title: 'The case is reported already' },
  CASE_CLOSED: { status: 409, title: 'The case is closed' },
  CASE_NOT_CLOSED: { status: 409, title: 'The case is not closed' },
  CASE_ALARM_ACTIVE: { status: 409, title: 'The condition still holds' },
  CASE_CLOSER_DISPOSED: { status: 409, title: 'Nobody closes their own work' },
  CASE_SUPERVISION_UNCHANGED: { status: 409, title: 'The case has this mark already' },
  BYPASS_OWNER_MISSING: { status: 409, title: 'Nobody answers for the bypass' },
  BYPASS_REASON_TOO_SHORT: { status: 409, title: 'The reason says too little' },
  BYPASS_REPLACEMENT_MISSING: { status: 409, title: 'Nothing protects meanwhile' },
  BYPASS_TOO_LONG: { status: 409, title: 'The bypass is longer than its tier allows' },
  BYPASS_LENGTH_INVALID: { status: 409, title: 'The bypass has no length' },
  BYPASS_TOO_MANY: { status: 409, title: 'The site has too many bypasses' },
  BYPASS_NOT_APPROVED: { status: 409, title: 'A second person must agree' },
  BYPASS_SAME_PERSON: { status: 409, title: 'The second person is the first' },
  BYPASS_NOT_REQUESTED: { status: 409, title: 'The bypass waits for nobody' },
  BYPASS_LAPSED: { status: 409, title: 'The request has lapsed' },
  BYPASS_OVER: { status: 409, title: 'The bypass is over' },
  BYPASS_ALARM_OVER: { status: 409, title: 'The alarm is over' },
  DELIVERY_PENDING: { status: 409, title: 'The notification is being delivered' },
  CONFIGURATION_INVALID: { status: 422, title: 'The configuration has errors' },
  STORE_SCHEMA_CONFLICT: { status: 409, title: 'The store cannot keep these points' },
  RESTART_NEEDED: { status: 409, title: 'Only a restart can take this over' },
  RELOAD_FAILED: { status: 409, title: 'The configuration could not be taken over' },
  OUTBOX_FULL: {
    status: 503,
    title: 'The outbox is full',
    detail: 'Too many notifications wait for this receiver. Try again later.',
    retryAfterS: 30,
  },
  STORE_UNAVAILABLE: {
    status: 503,
    title: 'The reading store cannot be reached',
    detail: NOTHING_LOST,
    retryAfterS: 5,
  },
  HISTORY_BUSY: {
    status: 503,
    title: 'Too many questions at once',
    detail: 'Other history questions are being answered. Try again.',
    retryAfterS: 1,
  },
  EXPLANATION_BUSY: {
    status: 503,
    title: 'Too many questions at once',
    detail: 'Other explanations are being worked out. Try again.',
    retryAfterS: 1,
  },
  EXPLANATION_LATE: {
    status: 503,
    title: 'The explanation takes too long',
    detail: 'The store did not give the readings in time. Nothing is lost; try again later.',
    retryAfterS: 5,
  },
  STREAMS_FULL: {
    status: 503,
    title: 'Too many streams are open',
    detail: 'Close streams that nobody reads, then try again.',
    retryAfterS: 10,
  },
  ANSWER_LATE: { status: 503, title: 'The answer takes too long', detail: NOT_TAKEN, retryAfterS: 5 },
  JOURNAL_BUSY: { status: 503, title: 'Too much waits for the disk', detail: NOT_TAKEN, retryAfterS: 1 },
  JOURNAL_FULL: { status: 503, title: 'The journal is full', detail: NOT_TAKEN, retryAfterS: 30 },
  JOURNAL_FAILED: { status: 503, title: 'The journal cannot be written', detail: NOT_TAKEN, retryAfterS: 10 },
  JOURNAL_CLOSED: { status: 503, title: 'The engine is stopping', detail: NOT_TAKEN, retryAfterS: 10 },
  STATE_FAILED: { status: 503, title: 'The state cannot be written', detail: NOT_TAKEN, retryAfterS: 10 },
  INTERNAL: { status: 500, title: 'Internal error', detail: 'The log of the engine has the cause.' },
};

/** How Fastify's own refusals are told. */
const FASTIFY: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'The body may have 1 MiB: send less at once.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'Send the body as content-type: application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BODY_LENGTH_WRONG', 'The body is not as long as its content-length.'],
  FST_ERR_HANDLER_TIMEOUT: ['ANSWER_LATE', ''],
  FST_ERR_BAD_URL: ['URL_INVALID', 'The path is not correctly percent-encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: ['ROUTE_UNKNOWN', 'A part of the path is too long to name anything.'],
};

interface ValidationFault {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Record<string, unknown>;
  readonly message?: string;
}

/** The document that tells of `error`, and after how many seconds a retry is worth while (null = not at all). */
export function problemOf(error: unknown, instance: string): { problem: Problem; retryAfterS: number | null } {
  const validation = validationOf(error);
  if (validation) {
    const errors = validation.faults
      .filter(({ keyword }) => keyword !== 'if')
      .map((fault) => faultOf(validation.in, fault));
    const detail = errors.map((each) => `${each.in}${each.pointer} ${each.detail}`).join('; ');
    return { problem: { ...documentOf('REQUEST_INVALID', detail, instance), errors }, retryAfterS: null };
  }
  const { code, detail } = nameOf(error);
  return { problem: documentOf(code, detail, instance), retryAfterS: PROBLEMS[code]?.retryAfterS ?? null };
}

/** The document of a refusal that is no error: `detail` says what to do. */
export function documentOf(code: string, detail: string, instance: string): Problem {
  const { status, title, ...told } = PROBLEMS[code] ?? { status: 500, title: 'Internal error' };
  return { type: `urn:davylamp:problem:${code}`, title, status, detail: told.detail ?? detail, instance, code };
}

function nameOf(error: unknown): { code: string; detail: string } {
  if (error instanceof AppError && Object.hasOwn(PROBLEMS, error.code)) {
    return { code: error.code, detail: error.message };
  }
  if (!(error instanceof Error)) return { code: 'INTERNAL', detail: '' };
  const { code = '', statusCode } = error as Error & { code?: string; statusCode?: number };
  const known = Object.hasOwn(FASTIFY, code) ? FASTIFY[code] : undefined;
  if (known) return { code: known[0], detail: known[1] };
  // The parser's own refusals carry no code: malformed, or with a key that reaches for the prototype.
  if (statusCode === 400) {
    return {
      code: 'BODY_NOT_JSON',
      detail: 'The body must be JSON (UTF-8), without "__proto__" or "constructor" keys.',
    };
  }
  return { code: 'INTERNAL', detail: '' };
}

function validationOf(error: unknown): { in: string; faults: readonly ValidationFault[] } | null {
  if (!(error instanceof Error) || !('validation' in error) || !Array.isArray(error.validation)) return null;
  const context = 'validationContext' in error ? String(error.validationContext) : 'request';
  return { in: context, faults: error.validation as ValidationFault[] };
}

function faultOf(where: string, { instancePath, keyword, params, message }: ValidationFault) {
  const told = message ?? 'is not allowed';
  if (keyword === 'additionalProperties') {
    return { in: where, pointer: `${instancePath}/${params['additionalProperty']}`, detail: 'is not known here' };
  }
  if (keyword === 'required') {
    return { in: where, pointer: `${instancePath}/${params['missingProperty']}`, detail: 'is required' };
  }
  if (keyword === 'discriminator') {
    return {
      in: where,
      pointer: `${instancePath}/${params['tag']}`,
      detail: 'is not one of those in the API document',
    };
  }
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return { in: where, pointer: instancePath, detail: `must be one of ${params['allowedValues'].join(', ')}` };
  }
  return { in: where, pointer: instancePath, detail: told };
}

/** Every route can answer these. */
const ANYWHERE = [403, 500, 503] as const;

/** The problem answers of a route, for the document. */
export function problems<S extends number = never>(...statuses: S[]) {
  const content = { 'application/problem+json': { schema: Type.Unsafe<Problem>({ $ref: 'Problem#' }) } };
  const entries = [...new Set<number>([...statuses, ...ANYWHERE])].map((status) => {
    return [status, { description: STATUS_CODES[status] ?? 'Error', content }];
  });
  return Object.fromEntries(entries) as Record<
    S | (typeof ANYWHERE)[number],
    { description: string; content: typeof content }
  >;
}
