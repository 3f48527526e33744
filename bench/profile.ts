import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONNECTIONS, startDavylampFor } from './contestant.ts';
import { startLoad } from './load.ts';
import { printTable } from './report.ts';
import { STEP_MS } from './site.ts';

/** The parts of a V8 CPU profile that are looked at. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const PHASES = [1500, 6000];
const FUNCTIONS_SHOWN = 45;

/** Where the main thread spends its time under the load of the throughput benchmark: not a budget, a tool. */
export async function profileThroughput(parent: string): Promise<void> {
  const directory = join(parent, 'profile');
  mkdirSync(directory, { recursive: true });
  const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=500'];
  const engine = await startDavylampFor(directory, { kind: 'duckdb' }, nodeOptions);
  const firstTs = Date.now() - PHASES.reduce((sum, count) => sum + count) * STEP_MS;
  const each = { devicesPerConnection: 1, firstTs, stepMs: STEP_MS };
  const plan = { port: engine.mqttPort, connections: CONNECTIONS, window: 128, phases: PHASES, ...each };
  const load = await startLoad(plan, join(directory, 'load.log'));
  for (const _ of PHASES) {
    await load.play();
    await engine.stored();
  }
  await load.stop();
  await engine.stop();
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
    show(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
  }
}

function show(profile: CpuProfile): void {
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  let total = 0;
  profile.samples.forEach((id, index) => {
    const frame = nodes.get(id)?.callFrame;
    const microseconds = profile.timeDeltas[index] ?? 0;
    if (!frame || frame.functionName === '(idle)' || frame.functionName === '(root)') return;
    total += microseconds;
    const file = shortName(frame.url);
    add(byFile, file || frame.functionName, microseconds);
    add(byFunction, `${frame.functionName || '(anonymous)'}  ${file}:${frame.lineNumber + 1}`, microseconds);
  });
  const share = (microseconds: number) => `${((100 * microseconds) / total).toFixed(1)} %`;
  for (const [title, times, most] of [
    ['Busy time of the main thread, by file', byFile, 25],
    ['Busy time of the main thread, by function (its own time)', byFunction, FUNCTIONS_SHOWN],
  ] as const) {
    const rows = [...times].sort((a, b) => b[1] - a[1]).slice(0, most);
    printTable(
      title,
      ['', 'share'],
      rows.map(([name, microseconds]) => [name, share(microseconds)]),
    );
  }
}

function add(times: Map<string, number>, key: string, microseconds: number): void {
  times.set(key, (times.get(key) ?? 0) + microseconds);
}

/** `src/…` of ours, the package of others, `node:…`. */
function shortName(url: string): string {
  const own = url.match(/\/(src\/.*)$/);
  const foreign = url.match(/node_modules\/(?!.*node_modules\/)(.*)$/);
  return foreign?.[1] ?? own?.[1] ?? url;
}
