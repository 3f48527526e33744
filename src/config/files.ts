import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultList } from './fault.ts';

/** One file of a configuration, read. */
export interface SourceFile {
  /** Relative to the directory, with `/`. */
  readonly name: string;
  readonly text: string;
}

/** The files of a configuration directory, in a fixed order. */
export interface SourceFiles {
  readonly settings: SourceFile | null;
  readonly profiles: readonly SourceFile[];
  readonly devices: readonly SourceFile[];
  readonly groups: readonly SourceFile[];
  readonly routes: SourceFile | null;
  readonly users: SourceFile | null;
}

const TOP_FILES = new Set(['davylamp.yaml', 'routes.yaml', 'users.yaml', 'sources.yaml']);

/** Reads what belongs to a configuration; a file that looks as if it did and is not read is a fault. */
export function readFiles(directory: string, faults: FaultList): SourceFiles {
  const top = list(directory);
  if (!top) {
    faults
      .reporter(directory)
      .error('DIRECTORY_MISSING', [], directory, 'there is no such directory: give one with --config');
  }
  for (const name of top ?? []) {
    if (/\.ya?ml$/.test(name) && !TOP_FILES.has(name)) {
      const message = `not a file Davylamp reads; it reads ${[...TOP_FILES].join(', ')}, profiles/, devices/ and groups/`;
      faults.reporter(name).error('FILE_UNKNOWN', [], name, message);
    }
  }
  if (top?.includes('sources.yaml')) {
    const message = 'sources.yaml is not supported by this version; remove it: its devices would stay silent';
    faults.reporter('sources.yaml').error('NOT_SUPPORTED_YET', [], null, message);
  }
  const one = (name: string) => (top?.includes(name) ? read(directory, name, faults) : null);
  return {
    settings: one('davylamp.yaml'),
    profiles: readFolder(directory, 'profiles', ['.yaml'], faults),
    devices: readFolder(directory, 'devices', ['.yaml', '.csv'], faults),
    groups: readFolder(directory, 'groups', ['.yaml'], faults),
    routes: one('routes.yaml'),
    users: one('users.yaml'),
  };
}

function readFolder(directory: string, folder: string, endings: readonly string[], faults: FaultList): SourceFile[] {
  const files: SourceFile[] = [];
  for (const name of list(join(directory, folder)) ?? []) {
    const path = `${folder}/${name}`;
    if (name.endsWith('.test.yaml') || name.endsWith('.md')) continue;
    if (endings.some((ending) => name.endsWith(ending))) {
      const file = read(directory, path, faults);
      if (file) files.push(file);
    } else {
      faults.reporter(path).error('FILE_UNKNOWN', [], name, `not read: rename it to end in ${endings.join(' or ')}`);
    }
  }
  return files;
}

/** Names in a directory, sorted, without hidden ones; null when there is none. */
function list(directory: string): string[] | null {
  try {
    if (!statSync(directory).isDirectory()) return null;
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    return null;
  }
}

function read(directory: string, name: string, faults: FaultList): SourceFile | null {
  try {
    const bytes = readFileSync(join(directory, name));
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reporter = faults.reporter(name);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      reporter.error('NOT_UTF8', [], null, 'not UTF-8: save it as UTF-8 (in Excel: CSV UTF-8)');
    } else {
      reporter.error('FILE_UNREADABLE', [], null, `cannot be read (${code}): check its owner and mode`);
    }
    return null;
  }
}
