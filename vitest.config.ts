import { defineConfig } from 'vitest/config';

/** They measure how soon something comes: nothing runs beside them. */
const TIMED = ['backfill', 'channels', 'flood'].map((name) => `test/e2e/${name}.test.ts`);

/** One ring of tests. Rings of one order share the workers; the next order begins when they are done. */
const ring = (name: string, groupOrder: number, include: string[], maxWorkers: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    setupFiles: ['test/seed.ts'],
    maxWorkers,
    sequence: { groupOrder },
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      ring('unit', 0, ['test/unit/**/*.test.ts', 'test/*.test.ts'], 2),
      ring('contract', 1, ['test/contract/**/*.test.ts'], 2),
      ring('e2e', 1, ['test/e2e/**/*.test.ts'], 2, TIMED),
      ring('timed', 2, TIMED, 1),
      ring('faults', 3, ['test/faults/**/*.test.ts'], 1),
    ],
  },
});
