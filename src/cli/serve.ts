import { type App, createApp } from '../app.ts';
import { loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';
import { systemClock } from '../runtime/clock.ts';
import { createFaultPoint } from '../runtime/fault-point.ts';
import { createLogger } from '../runtime/log.ts';
import { packageVersion } from '../runtime/version.ts';
import { faultLines } from './check.ts';
import type { CommandIo } from './io.ts';

export interface ServeOptions {
  readonly config: string;
  readonly data: string;
}

/** sysexits.h EX_IOERR: the disk failed; start again once it is mended, nothing acknowledged is lost. */
const EXIT_DISK = 74;
const STOP_MS = 10_000;
const START_UNWIND_MS = 5_000;

/** Runs the engine until `io.signal` aborts; gives the exit code. */
export async function serve(options: ServeOptions, io: CommandIo): Promise<number> {
  const configuration = configured(options.config, io);
  if (!configuration) return 1;
  const log = createLogger({ level: io.env['LOG_LEVEL'] ?? 'info', pretty: io.isTTY });
  let app: App | null = null;
  let started = false;
  let hungUp = false;
  // From the start on: it must not end the process, and files that changed while it starts must not be missed.
  io.onHangUp(() => {
    if (started) void app?.reload('signal');
    else hungUp = true;
  });
  try {
    app = createApp(configuration, {
      dataDirectory: options.data,
      clock: systemClock,
      version: packageVersion(),
      random: Math.random,
      log,
      // What is in memory and not on disk was never acknowledged: ending at once is the safe thing to do.
      onFatal(error) {
        log.fatal({ code: error.code, err: error }, error.message);
        io.exit(EXIT_DISK);
      },
      faultPoint: createFaultPoint(io.env['DAVYLAMP_FAULT_POINT']),
      load: () => loadConfiguration(options.config, io.env, { now: systemClock.now() }),
    });
    await app.start();
    log.info(
      { ...app.addresses(), configuration: configuration.version, devices: configuration.devices.size },
      'ready',
    );
    started = true;
    if (hungUp) await app.reload('signal');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.fatal({ code: error.code, err: error }, error.message);
    // A part that started may hold the process up: whatever happens to its end, a supervisor must see this one.
    setTimeout(() => io.exit(1), START_UNWIND_MS).unref();
    await app?.stop().catch((failure: unknown) => log.error({ err: failure }, 'could not stop what had started'));
    return 1;
  }
  await aborted(io.signal);
  log.info('stopping');
  const late = setTimeout(() => {
    log.error('did not stop in time; what is left waits on disk for the next start');
    io.exit(1);
  }, STOP_MS);
  await app.stop();
  clearTimeout(late);
  log.info('stopped');
  return 0;
}

/** The checked configuration, or null after its faults were printed. */
export function configured(directory: string, io: CommandIo): Configuration | null {
  const result = loadConfiguration(directory, io.env, { now: systemClock.now() });
  if ('configuration' in result) {
    for (const line of faultLines(result.warnings)) io.err(line);
    return result.configuration;
  }
  for (const line of faultLines(result.faults)) io.err(line);
  return null;
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
