import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineProcess } from './engine-process.ts';

/** A place for the engine's data that can be made to run out of room. */
export interface SmallDisk {
  readonly how: 'tmpfs' | 'file size limit';
  readonly directory: string;
  /** From now on there is room for about `bytes` more. */
  fill(engine: EngineProcess, bytes: number): Promise<void>;
  /** Makes room; the engine must have ended. */
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

const DISK_BYTES = 128 * 1024 * 1024;

/**
 * A small tmpfs, where mounting is allowed (ENOSPC); else an ordinary folder and a limit on the size of any file of the
 * running engine (EFBIG), which ends with it.
 */
export async function createSmallDisk(): Promise<SmallDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'davylamp-disk-'));
  const mounted = run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', directory]);
  if (!mounted) {
    return {
      how: 'file size limit',
      directory,
      async fill(engine, bytes) {
        if (!run('prlimit', ['--pid', String(engine.pid), `--fsize=${bytes}`]))
          throw new Error('prlimit is refused too');
      },
      clear: async () => {},
      dispose: () => rm(directory, { recursive: true, force: true }),
    };
  }
  const ballast = join(directory, 'ballast');
  return {
    how: 'tmpfs',
    directory,
    async fill(_engine, bytes) {
      const { bavail, bsize } = await statfs(directory);
      await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
    },
    clear: () => rm(ballast, { force: true }),
    async dispose() {
      // Lazily: a process that is just ending may still have a file open.
      run('umount', ['-l', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}
