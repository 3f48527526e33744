import { Command, CommanderError } from 'commander';
import { addBacktestOptions, type BacktestOptions, backtest } from './cli/backtest.ts';
import { type CheckOptions, check } from './cli/check.ts';
import { listDeliveries, redeliver } from './cli/deliveries.ts';
import { demo } from './cli/demo.ts';
import { ENGINE_URL } from './cli/engine-client.ts';
import { type ExplainOptions, explain } from './cli/explain.ts';
import type { CommandIo } from './cli/io.ts';
import { type PreviewOptions, preview } from './cli/preview.ts';
import { type ReloadOptions, reload } from './cli/reload.ts';
import { type ReportOptions, report } from './cli/report.ts';
import { serve } from './cli/serve.ts';
import { addSimulateOptions, type SimulateOptions, simulate } from './cli/simulate.ts';
import { type TestOptions, test } from './cli/test.ts';
import { usersCommand } from './cli/users.ts';
import { type VerifyOptions, verify } from './cli/verify.ts';
import { AppError } from './model/error.ts';
import { isCommitFailure } from './runtime/database.ts';
import { packageVersion } from './runtime/version.ts';

// DNS look-ups, fsync and DuckDB share this pool: one hanging name server must not hold up the disk.
process.env['UV_THREADPOOL_SIZE'] ??= '16';

const EXIT_USAGE = 2;
/** sysexits.h EX_IOERR. */
const EXIT_DISK = 74;
const DISK_GRACE_MS = 2_000;
const abort = new AbortController();
const io: CommandIo = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  signal: abort.signal,
  onHangUp: (listener) => process.on('SIGHUP', listener),
  isTTY: process.stdout.isTTY === true,
  env: process.env,
  exit: (code) => process.exit(code),
};

const stop = () => {
  // A second Ctrl-C means it: what is on disk is safe.
  if (abort.signal.aborted) process.exit(130);
  abort.abort();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

let outlivesReader = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  // Whoever read has seen enough (`| head`): what would go on for ever ends, and the exit code is that of the work.
  if (!outlivesReader) abort.abort();
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.on('unhandledRejection', (reason) => {
  if (!isCommitFailure(reason)) throw reason;
  // Whoever waits for the commit says what failed and ends the process; should nobody, it must end all the same.
  setTimeout(() => process.exit(EXIT_DISK), DISK_GRACE_MS);
});

const run = (work: () => Promise<number>) => async () => {
  process.exitCode = await work();
};

const program = new Command('davylamp')
  .description('IoT telemetry ingestion and early-warning engine for gas and chemical sites')
  .version(packageVersion())
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

program
  .command('serve')
  .description('Run the engine; SIGTERM stops it cleanly')
  .option('--config <dir>', 'configuration directory', 'config')
  .option('--data <dir>', 'data directory', 'data')
  .action((options: { config: string; data: string }) => {
    // The engine must not stop because nobody reads its log any more.
    outlivesReader = true;
    return run(() => serve(options, io))();
  });

program
  .command('check')
  .description('Check a configuration directory: every fault and every doubt at once, with file and path')
  .option('--config <dir>', 'configuration directory', 'config')
  .option('--strict', 'warnings fail too')
  .option('--explain <number>', 'what a finding means, as DL214, and where the practice comes from')
  .option('--json', 'for machines')
  .action((options: CheckOptions) => run(() => check(options, io))());

program
  .command('test [name]')
  .description('Run the rule tests (*.test.yaml) beside the rules; with a name, those that have it in theirs')
  .option('--config <dir>', 'configuration directory', 'config')
  .option('--coverage', 'list what no test brings into force, and fail if there is something')
  .option('--junit <file>', 'write JUnit XML')
  .option('--watch', 'run again whenever the configuration changes')
  .option('--json', 'for machines')
  .action((name: string | undefined, options: Omit<TestOptions, 'name'>) =>
    run(() => test({ ...options, name }, io))(),
  );

addBacktestOptions(program.command('backtest')).action((options: BacktestOptions) =>
  run(() => backtest(options, io))(),
);

program
  .command('demo')
  .description('Engine, simulated devices and a printing receiver in one process')
  .option('--config <dir>', 'configuration directory', 'config')
  .action((options: { config: string }) => run(() => demo(options, io))());

program
  .command('reload')
  .description('Have a running engine take over changed configuration files')
  .option('--url <url>', 'where the engine listens', ENGINE_URL)
  .option('--json', 'for machines')
  .action((options: ReloadOptions) => run(() => reload(options, io))());

program
  .command('report')
  .description('The daily assessment of a running engine: counts, trends, points near a limit, what is hidden')
  .option('--date <date>', 'local date, as 2026-11-22; the newest without it')
  .option('--html <file>', 'write it as a page')
  .option('--url <url>', 'where the engine listens', ENGINE_URL)
  .option('--json', 'for machines')
  .action((options: ReportOptions) => run(() => report(options, io))());

program
  .command('explain <subject> [name]')
  .description(
    'Why there is an alarm, or none: of an alarm (alm_…), or of a device (site/device) and a point or a rule',
  )
  .option('--at <time>', 'the moment to explain, as 2026-11-21T14:03:11Z; now without it')
  .option('--lang <language>', 'en or zh', 'en')
  .option('--url <url>', 'where the engine listens', ENGINE_URL)
  .option('--json', 'for machines')
  .action((subject: string, name: string | undefined, options: Omit<ExplainOptions, 'subject' | 'name'>) =>
    run(() => explain({ ...options, subject, name }, io))(),
  );

program
  .command('verify')
  .description('Prove that the event log is the one that was written; an engine may run on it')
  .option('--data <dir>', 'data directory', 'data')
  .option('--from <sequence>', 'first event to look at')
  .option('--to <sequence>', 'last event to look at')
  .option(
    '--witness <sequence:hash>',
    'a hash that a receiver was given; may be repeated',
    (witness: string, before: readonly string[] = []) => [...before, witness],
  )
  .option('--json', 'for machines')
  .action((options: VerifyOptions) => run(() => verify(options, io))());

program
  .command('preview')
  .description('What a receiver would get, for a sample alarm of a device of the configuration; nothing is sent')
  .requiredOption('--receiver <id>', 'which receiver')
  .option('--event <kind>', 'raised, cleared, … or digest, system', 'raised')
  .option('--lang <language>', 'en or zh; that of the receiver without it')
  .option('--config <dir>', 'configuration directory', 'config')
  .option('--json', 'for machines')
  .action((options: PreviewOptions) => run(async () => preview(options, io))());

addSimulateOptions(program.command('simulate')).action((options: SimulateOptions) =>
  run(() => simulate(options, io))(),
);

program.addCommand(usersCommand());

const deliveries = program
  .command('deliveries')
  .description('Webhooks of a running engine: list them, send them again');
deliveries
  .command('list')
  .description('list deliveries, newest first')
  .option('--url <url>', 'where the engine listens', ENGINE_URL)
  .option('--receiver <id>', 'only of this receiver')
  .option('--state <state>', 'only pending, delivered or dead ones')
  .option('--cursor <cursor>', 'go on where the last page ended')
  .option('--limit <n>', 'at most so many', Number)
  .option('--json', 'for machines')
  .action((options: Parameters<typeof listDeliveries>[0]) => run(() => listDeliveries(options, io))());
deliveries
  .command('redeliver <receiver> [sequence]')
  .description('send one again, with the same id and body; without a sequence, every dead letter of the receiver')
  .option('--url <url>', 'where the engine listens', ENGINE_URL)
  .option('--json', 'for machines')
  .action((receiver: string, sequence: string | undefined, options: { url: string; json?: boolean }) =>
    run(() => redeliver({ ...options, receiver, sequence }, io))(),
  );

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else if (error instanceof AppError) {
    io.err(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
