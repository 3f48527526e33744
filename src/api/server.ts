import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fastifySwagger } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import { Counter, type Registry } from 'prom-client';
import { AppError } from '../model/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { assessmentSchema } from './assessment.ts';
import { bypassSchema } from './bypass.ts';
import { caseSchema } from './case.ts';
import { deviceSchema } from './device.ts';
import { documentOptions, documentPage } from './document.ts';
import { createEventStreams } from './event-stream.ts';
import { explanationSchema } from './explanation.ts';
import { assertOwnOrigin, isLoopback } from './origin.ts';
import type { ApiPorts } from './ports.ts';
import { PROBLEM_TYPE, problemOf, problemSchema } from './problem.ts';
import { addAlarmRoutes } from './routes/alarms.ts';
import { addBypassRoutes } from './routes/bypasses.ts';
import { addCaseRoutes } from './routes/cases.ts';
import { addConfigurationRoutes } from './routes/configuration.ts';
import { addDeliveryRoutes } from './routes/deliveries.ts';
import { addDeviceRoutes } from './routes/devices.ts';
import { addDrillRoutes } from './routes/drills.ts';
import { addEventRoutes } from './routes/events.ts';
import { addExplainRoutes } from './routes/explain.ts';
import { addHistoryRoutes } from './routes/history.ts';
import { addOperationRoutes } from './routes/operation.ts';
import { addReadingRoutes } from './routes/readings.ts';
import { addReceiverRoutes } from './routes/receivers.ts';
import { addRejectionRoutes } from './routes/rejections.ts';
import { addReportRoutes } from './routes/reports.ts';
import { addStatisticsRoutes } from './routes/statistics.ts';
import { figuresSchema } from './statistics.ts';
import type { Api, TypeBoxProvider } from './typebox.ts';
import { watchRequests } from './under-way.ts';
import { createValidatorCompiler } from './validation.ts';
import { alarmEventSchema, alarmSchema, systemEventSchema } from './wire.ts';

export interface ServerSettings {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Accepts an address other hosts can reach. */
  readonly insecure: boolean;
}

export interface ServerDeps {
  readonly log: Logger;
  readonly version: string;
  readonly clock: Clock;
}

export interface Server {
  /** For tests: `inject` needs no port. */
  readonly app: Api;
  /**
   * Listens.
   *
   * @throws AppError `HTTP_NOT_LOOPBACK`, `HTTP_PORT_IN_USE`, `HTTP_LISTEN_FAILED`
   */
  start(): Promise<void>;
  /** Ends streams, lets what is under way finish for a few seconds, then closes the rest. */
  stop(): Promise<void>;
  /**
   * Where it listens.
   *
   * @throws AppError `HTTP_NOT_LISTENING`
   */
  address(): { host: string; port: number };
}

const BODY_LIMIT = 1024 * 1024;
const CONNECTIONS = 1_000;
const STOP_GRACE_MS = 3_000;
const TIMEOUTS = {
  // All of a request must have come in this time: a body of one byte a second holds a socket no longer.
  requestTimeout: 15_000,
  // A message waits in memory for as long as the journal is full; whoever sent it must hear before that ends.
  handlerTimeout: 20_000,
  // Silence on a socket. Streams write every 15 s.
  connectionTimeout: 60_000,
  keepAliveTimeout: 30_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 },
};

/** The HTTP API; nothing runs until `start`. */
export function createServer(ports: ApiPorts, settings: ServerSettings, deps: ServerDeps): Server {
  const { log, clock } = deps;
  const streams = createEventStreams({ events: ports.events, clock, log });
  const app = build(settings, deps);
  app.register(fastifySwagger, documentOptions(deps.version));
  app.register(fastifySwaggerUi, documentPage);
  app.register(async (scope) => {
    addOperationRoutes(scope, ports, deps.version);
    await scope.register(
      async (api: Api) => {
        addAlarmRoutes(api, ports);
        addCaseRoutes(api, ports);
        addBypassRoutes(api, ports);
        addEventRoutes(api, ports, streams);
        addDeviceRoutes(api, ports);
        addHistoryRoutes(api, ports, clock);
        addExplainRoutes(api, ports);
        addReadingRoutes(api, ports);
        addRejectionRoutes(api, ports);
        addDeliveryRoutes(api, ports, clock);
        addReceiverRoutes(api, ports);
        addConfigurationRoutes(api, ports);
        addStatisticsRoutes(api, ports, clock);
        addReportRoutes(api, ports);
        addDrillRoutes(api, ports);
      },
      { prefix: '/api/v1' },
    );
  });
  countResponses(app, ports.metrics);
  app.addHook('preClose', async () => streams.close());
  const underWay = watchRequests(app.server);
  let stopping: Promise<void> | null = null;

  async function stop(): Promise<void> {
    const done = new AbortController();
    const closed = app.close();
    await Promise.race([underWay.none(), clock.sleep(STOP_GRACE_MS, done.signal)]);
    done.abort();
    // A connection that never asked anything is not idle to Node, and would hold the port for half a minute.
    app.server.closeAllConnections();
    await closed;
  }

  return {
    app,
    async start() {
      if (!settings.insecure && !isLoopback(settings.host)) {
        throw new AppError(
          'HTTP_NOT_LOOPBACK',
          `http.host ${settings.host} can be reached from outside and nobody has to log in: use 127.0.0.1, or say insecure: true`,
        );
      }
      try {
        await app.listen({ host: settings.host, port: settings.port });
      } catch (error) {
        throw listenError(settings, error);
      }
    },
    stop: () => (stopping ??= stop()),
    address() {
      const bound = app.server.address() as AddressInfo | null;
      if (!bound) throw new AppError('HTTP_NOT_LISTENING', 'the HTTP server does not listen yet');
      return { host: bound.address, port: bound.port };
    },
  };
}

function build(settings: ServerSettings, { log }: ServerDeps): Api {
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    ...TIMEOUTS,
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    maxRequestsPerSocket: 10_000,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    clientErrorHandler,
  }).withTypeProvider<TypeBoxProvider>();
  app.server.maxConnections = CONNECTIONS;
  app.setValidatorCompiler(createValidatorCompiler());
  // A serializer that follows the schema would print a null where a number belongs as 0.
  app.setSerializerCompiler(() => JSON.stringify);
  for (const schema of [
    problemSchema,
    alarmSchema,
    alarmEventSchema,
    systemEventSchema,
    deviceSchema,
    explanationSchema,
    assessmentSchema,
    figuresSchema,
    bypassSchema,
    caseSchema,
  ]) {
    app.addSchema(schema);
  }
  takeJsonOnly(app);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request) => {
    throw new AppError('ROUTE_UNKNOWN', `${request.method} is not answered here: see /docs`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    assertOwnOrigin(request, settings);
  });
  return app;
}

/** Only `application/json`: what a form of another site can send is not even read. */
function takeJsonOnly(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = Buffer.from(body);
    if (bytes.length === 0) return done(null, undefined);
    if (!isUtf8(bytes)) return done(new AppError('BODY_NOT_UTF8', 'Send the body as UTF-8.'), undefined);
    return parse(request, bytes.toString('utf8'), done);
  });
}

function countResponses(app: Api, registry: Registry): void {
  const responses = new Counter({
    name: 'davylamp_http_responses_total',
    help: 'Answers of the HTTP API, by route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    responses.inc({ method: request.method, route, status: reply.statusCode });
  });
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { problem, retryAfterS } = problemOf(error, request.url);
  // A 503 repeats for as long as its cause: it is a counter, and whoever causes it has the log line.
  if (problem.status === 500) {
    request.log.error({ err: error, method: request.method, path: request.routeOptions.url }, 'request failed');
  }
  if (retryAfterS !== null) reply.header('retry-after', String(retryAfterS));
  void reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** What could not even be read as HTTP. */
function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const statuses: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };
  const status = statuses[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: title, code: 'HTTP_MALFORMED' });
  const head = `HTTP/1.1 ${status} ${title}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${body.length}\r\n`;
  if (socket.writable) socket.write(`${head}connection: close\r\n\r\n${body}`);
  socket.destroy();
}

function listenError({ host, port }: ServerSettings, cause: unknown): AppError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use: stop what uses it, or set another http.port in davylamp.yaml`;
    return new AppError('HTTP_PORT_IN_USE', message, { cause });
  }
  const message = `cannot listen on ${host} port ${port} (${code ?? String(cause)}): set http.host and http.port in davylamp.yaml`;
  return new AppError('HTTP_LISTEN_FAILED', message, { cause });
}
