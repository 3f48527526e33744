import { readFileSync } from 'node:fs';

/** The version of the package this code belongs to. */
export function packageVersion(): string {
  // Built code lies one folder deeper than the source.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {}
  }
  return '0.0.0';
}
