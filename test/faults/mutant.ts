import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAM } from './engine-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** One deliberate mistake in one file of the built program. */
export interface Mutation {
  readonly file: string;
  readonly edits: readonly { readonly from: string; readonly to: string }[];
}

/** The mistake that most systems make: the device hears "taken" while the message is only in memory. */
export const ACKNOWLEDGES_BEFORE_FSYNC: Mutation = {
  file: 'src/ingest/journal.js',
  edits: [{ from: 'waitingDone.push(done);', to: 'waitingDone.push(() => {}); done();' }],
};

/** The event is on disk, and who is to be told of it only a moment later: a crash between the two tells nobody. */
export const NOTIFIES_IN_A_SECOND_COMMIT: Mutation = {
  file: 'src/alerts/ledger.js',
  edits: [
    { from: 'this.deps.notifier.enqueue(batch, event, reach);', to: 'void reach;' },
    {
      from: 'this.deps.notifier.committed();',
      to: `await this.deps.environment.commit((batch) => {
        for (const event of events) {
          const reach = reachOf(event);
          if (reach !== 'none') this.deps.notifier.enqueue(batch, event, reach);
        }
      });
      this.deps.notifier.committed();`,
    },
  ],
};

/** A copy of the built program with a mistake in it. */
export interface Mutant {
  readonly program: string;
  dispose(): Promise<void>;
}

/** @throws Error when the line to be changed is not there exactly once: the mutation needs to be written anew */
export async function createMutant({ file, edits }: Mutation): Promise<Mutant> {
  const folder = await mkdtemp(join(tmpdir(), 'davylamp-mutant-'));
  await cp(dirname(PROGRAM), join(folder, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist', file);
  let source = await readFile(path, 'utf8');
  for (const { from, to } of edits) {
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
    source = source.replace(from, () => to);
  }
  await writeFile(path, source);
  return {
    program: join(folder, 'dist', 'main.js'),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
