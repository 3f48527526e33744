/**
 * The rule engine alone, in memory:
 *
 *     node --expose-gc --import tsx bench/engine-process.ts '{"configuration":…,"warmUp":12,"measured":8,…}'
 *
 * Every device of a configuration reports in turn, within all limits. Prints an {@link EngineResult}.
 */
import { built, loadBuiltConfiguration } from './built.ts';
import type { EnginePlan, EngineResult } from './engine-load.ts';
import { FIRST_TRIP, ordinaryValues } from './site.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as EnginePlan;
/** Steps of the swing: each device is at one of its own. */
const PHASES = 1024;
const table = Array.from({ length: PHASES }, (_, phase) => ordinaryValues((2 * Math.PI * phase) / PHASES));

/** Bytes in use, after all garbage is gone. */
function bytesInUse(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const { Engine } = await built('src/rules/engine');
const empty = bytesInUse();
const configuration = await loadBuiltConfiguration(plan.configuration);
const devices = [...configuration.devices.values()];
const points = devices.reduce((sum, device) => sum + device.points.length, 0);
const configured = bytesInUse();

let told = 0;
const began = Date.now() - (plan.warmUp + plan.measured + 1) * plan.stepMs;
const settings = { liveWindowMs: configuration.time.liveWindowMs, latenessMs: configuration.time.latenessMs };
const engine = new Engine(configuration.devices, settings, () => {
  told++;
});
let seq = 1;
engine.resume(began, 0, 0, seq);

/** Each device reports once in each round. */
function play(from: number, rounds: number): void {
  for (let round = from; round < from + rounds; round++) {
    const at = began + round * plan.stepMs;
    for (const [index, device] of devices.entries()) step(device, at, table[(round + index * 13) % PHASES] ?? []);
  }
}

function step(device: (typeof devices)[number], at: number, values: readonly number[]): void {
  const marks = {
    seq: null,
    subMs: 0,
    qualities: null,
    historical: false,
    clockAhead: false,
    status: 'actual',
  } as const;
  engine.step({ device, ts: at, receivedAt: at, values, ...marks }, ++seq);
}

play(0, plan.warmUp);
const watched = bytesInUse();
const cpu = process.cpuUsage();
play(plan.warmUp, plan.measured);
const { user, system } = process.cpuUsage(cpu);
const calm = told === 0;
// What never alarms may as well do nothing: the last one does.
const last = devices.at(-1);
if (last) step(last, began + (plan.warmUp + plan.measured) * plan.stepMs, [FIRST_TRIP, ...(table[0] ?? []).slice(1)]);
engine.tick(engine.now + 60_000);
if (!calm || told === 0) throw new Error(`${told} conditions changed, ${calm ? 'none' : 'some'} of them while calm`);
const result: EngineResult = {
  points,
  nsPerValue: ((user + system) * 1000) / (points * plan.measured),
  configurationBytes: (configured - empty) / points,
  stateBytes: (watched - configured) / points,
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
