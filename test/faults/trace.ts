import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { until } from './condition.ts';

/**
 * The words that put strace in front of the engine. `-D`: the engine stays the child that the test started, so that
 * its signals and its exit code are its own.
 *
 * @throws Error when there is no strace: such tests fail, they are not skipped
 */
export function straced(file: string, options: readonly string[]): readonly string[] {
  if (spawnSync('strace', ['-V']).status !== 0) throw new Error('this test needs strace: install the package strace');
  return ['strace', '-D', '-f', '-q', '--seccomp-bpf', ...options, '-o', file];
}

/** What strace wrote of a process that has ended; strace outlives it by a moment. */
export async function traceOf(file: string, pid: number): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  const end = new RegExp(`^${pid} .*\\+\\+\\+ (exited|killed)`);
  await until('strace has written all of it', 10_000, async () => {
    lines = (await readFile(file, 'utf8')).split('\n');
    return lines.some((line) => end.test(line));
  });
  return lines;
}
