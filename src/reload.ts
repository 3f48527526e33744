import { configurationRefused, configurationReloaded, type Notice } from './alerts/notice.ts';
import type { Configuration } from './model/configuration.ts';
import { AppError, hasCode } from './model/error.ts';
import type { Finding, Loaded, ReloadOutcome } from './model/reload.ts';
import type { Clock } from './runtime/clock.ts';
import type { Logger } from './runtime/log.ts';
import type { ReadingStore } from './store/port.ts';

export interface ReloadDeps {
  /** Reads and checks the files. */
  readonly load: () => Loaded;
  readonly running: () => Configuration;
  readonly store: Pick<ReadingStore, 'check'>;
  /** Goes on with another configuration; when it throws, everything is as it was. */
  readonly apply: (next: Configuration) => Promise<void>;
  readonly announce: (notice: Notice) => void;
  readonly count: (result: ReloadOutcome['result']) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Takes over changed files while everything runs. */
export interface Reload {
  /** Reads the files and takes them over, or says why not. One at a time; never throws. */
  now(by: ReloadOutcome['by']): Promise<ReloadOutcome>;
  /** When the configuration in force was taken over, epoch milliseconds. */
  loadedAt(): number;
  /** null = none was asked for. */
  last(): ReloadOutcome | null;
}

/** Parts of the configuration that are built into what runs: sockets, files and schedules. */
const FIXED = ['timezone', 'mqtt', 'http', 'store', 'journal', 'deadLetters'] as const;

type Accepted = Extract<Loaded, { configuration: Configuration }>;
type Refusal = Pick<Extract<ReloadOutcome, { result: 'refused' }>, 'code' | 'reason' | 'findings'>;

/** A reload is refused as a whole or applied as a whole: an operator has to know which limits are in force. */
export function createReload(deps: ReloadDeps): Reload {
  const { clock, log } = deps;
  let loadedAt = clock.now();
  let last: ReloadOutcome | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  async function reload(by: ReloadOutcome['by']): Promise<ReloadOutcome> {
    const previous = deps.running().version;
    const found = await attempt();
    const at = clock.now();
    const recovered = last?.result === 'refused';
    if ('configuration' in found) {
      const { configuration, warnings } = found;
      const { version } = configuration;
      loadedAt = at;
      last = { result: 'applied', at, by, version, previous, findings: warnings };
      log.info({ by, version, previous, findings: warnings }, 'configuration reloaded');
      if (recovered) deps.announce(configurationReloaded(version));
    } else {
      last = { result: 'refused', at, by, version: previous, ...found };
      log.error({ by, version: previous, ...found }, 'configuration not reloaded: the one before goes on');
      deps.announce(configurationRefused(found.code, found.reason, previous));
    }
    deps.count(last.result);
    return last;
  }

  async function attempt(): Promise<Accepted | Refusal> {
    try {
      const found = await candidate();
      if ('configuration' in found) await deps.apply(found.configuration);
      return found;
    } catch (error) {
      log.error({ err: error }, 'the reload failed');
      return { code: 'RELOAD_FAILED', reason: wordsOf(error), findings: [] };
    }
  }

  /** What the files hold, where it can be taken over. */
  async function candidate(): Promise<Accepted | Refusal> {
    const loaded = deps.load();
    if ('faults' in loaded) return invalid(loaded.faults);
    const { configuration, warnings: findings } = loaded;
    const keys = keysThatNeedRestart(deps.running(), configuration);
    if (keys.length > 0) {
      const reason = `${keys.join(', ')} cannot change while davylamp runs: put it back, or restart`;
      return { code: 'RESTART_NEEDED', reason, findings };
    }
    try {
      await deps.store.check(configuration.profiles);
    } catch (error) {
      if (hasCode(error, 'STORE_SCHEMA_CONFLICT'))
        return { code: 'STORE_SCHEMA_CONFLICT', reason: error.message, findings };
      // Limits must be changeable while the store is away; it is asked again when it is back.
      if (!hasCode(error, 'STORE_UNAVAILABLE')) throw error;
      log.warn({ err: error }, 'the reading store could not be asked whether it can keep the new points');
    }
    return loaded;
  }

  return {
    now(by) {
      const next = turn.then(() => reload(by));
      turn = next;
      return next;
    },
    loadedAt: () => loadedAt,
    last: () => last,
  };
}

/** Keys in which a configuration differs where only a restart helps, as `http.port`. */
export function keysThatNeedRestart(running: Configuration, next: Configuration): string[] {
  return FIXED.flatMap((part) => differences(part, running[part], next[part]));
}

function differences(path: string, one: unknown, other: unknown): string[] {
  if (!isHolder(one) || !isHolder(other)) return Object.is(one, other) ? [] : [path.replace(/Ms$/, '')];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const isList = Array.isArray(one) || Array.isArray(other);
  return keys.flatMap((key) => differences(isList ? `${path}[${key}]` : `${path}.${key}`, one[key], other[key]));
}

function isHolder(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function invalid(findings: readonly Finding[]): Refusal {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const place = first ? `: ${[first.file, first.path].filter((part) => part !== '').join(' ')} ${first.code}` : '';
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  return { code: 'CONFIGURATION_INVALID', reason: `the files have errors${place}${more}`, findings };
}

function wordsOf(error: unknown): string {
  return error instanceof AppError ? error.message : 'a fault of Davylamp: the log has the cause';
}
