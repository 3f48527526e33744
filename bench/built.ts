import { PROGRAM } from './davylamp.ts';

interface Modules {
  readonly 'src/backtest/archive': typeof import('../src/backtest/archive.ts');
  readonly 'src/backtest/run': typeof import('../src/backtest/run.ts');
  readonly 'src/config/load': typeof import('../src/config/load.ts');
  readonly 'src/rules/engine': typeof import('../src/rules/engine.ts');
  readonly 'src/runtime/clock': typeof import('../src/runtime/clock.ts');
  readonly 'src/runtime/log': typeof import('../src/runtime/log.ts');
  readonly 'src/store/duckdb': typeof import('../src/store/duckdb.ts');
}

/** A module of the built program: the loader that runs this folder makes slower code of the sources. */
export async function built<Name extends keyof Modules>(name: Name): Promise<Modules[Name]> {
  return (await import(new URL(`${name}.js`, `file://${PROGRAM}`).href)) as Modules[Name];
}

/**
 * The configuration of a directory.
 *
 * @throws Error with its first fault
 */
export async function loadBuiltConfiguration(directory: string) {
  const { loadConfiguration } = await built('src/config/load');
  const result = loadConfiguration(directory, {});
  if ('configuration' in result) return result.configuration;
  throw new Error(`${directory}: ${JSON.stringify(result.faults[0])}`);
}
