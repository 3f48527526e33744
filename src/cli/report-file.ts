import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../model/error.ts';

/**
 * Finds out before the work whether a report can be written there.
 *
 * @throws AppError `REPORT_UNWRITABLE`
 */
export function assertWritable(path: string): void {
  guarded(path, () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new Error('it is a directory');
    const directory = dirname(path);
    if (!statSync(directory).isDirectory()) throw new Error(`${directory} is no directory`);
    accessSync(found ? path : directory, constants.W_OK);
  });
}

/** @throws AppError `REPORT_UNWRITABLE` */
export function writeReport(path: string, text: string): void {
  guarded(path, () => writeFileSync(path, text));
}

function guarded(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('REPORT_UNWRITABLE', `no report can be written to ${path}: ${reason}`, { cause });
  }
}
