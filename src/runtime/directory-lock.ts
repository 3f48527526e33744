import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../model/error.ts';

/**
 * Takes a data directory for this process; gives the function that releases it. A lock left by a process that is gone
 * is taken over.
 *
 * @throws AppError `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNUSABLE`
 */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, 'davylamp.pid');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Written first and linked into place whole: nobody ever sees a lock without its owner.
    const own = `${file}.${process.pid}`;
    writeFileSync(own, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 });
    try {
      while (!tryLink(own, file)) {
        const [pid = '', start = ''] = readFileSync(file, 'utf8').trim().split(' ');
        if (pid !== '' && start !== '' && startOf(Number(pid)) === start) {
          throw new AppError(
            'DATA_DIRECTORY_IN_USE',
            `${directory} is in use by process ${pid}: stop it, or use --data`,
          );
        }
        rmSync(file, { force: true });
      }
    } finally {
      rmSync(own, { force: true });
    }
    return () => rmSync(file, { force: true });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('DATA_DIRECTORY_UNUSABLE', `cannot use ${directory}: check that it exists and is writable`, {
      cause,
    });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** When a process started: tells it from a later one with the same number. Empty = there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return aliveWithoutProc(pid) ? 'alive' : '';
  }
}

function aliveWithoutProc(pid: number): boolean {
  try {
    readFileSync('/proc/self/stat');
    return false;
  } catch {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }
}
