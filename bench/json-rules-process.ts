/**
 * The ladders of the benchmark's profile in json-rules-engine, the way its documentation shows it: one rule for each
 * limit, the values of a reading as facts, one run for each reading. Prints a {@link JsonRulesResult}.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { JsonRulesPlan, JsonRulesResult } from './rules.ts';
import { FIRST_TRIP, ordinaryValues, POINTS } from './site.ts';

/** What is used of the package. */
interface JsonRules {
  readonly Engine: new () => {
    addRule(rule: object): void;
    run(facts: Readonly<Record<string, number>>): Promise<{ readonly events: readonly object[] }>;
  };
}

const plan = JSON.parse(process.argv[2] ?? '{}') as JsonRulesPlan;
const { Engine } = createRequire(join(plan.folder, 'package.json'))('json-rules-engine') as JsonRules;
const engine = new Engine();
for (const { id, limits } of POINTS) {
  for (const [name, at] of Object.entries(limits)) {
    const operator = name.startsWith('H') ? 'greaterThanInclusive' : 'lessThanInclusive';
    engine.addRule({
      conditions: { all: [{ fact: id, operator, value: at }] },
      event: { type: `${id}.${name}` },
    });
  }
}

/** Gives how many events there were. */
async function judge(values: readonly number[]): Promise<number> {
  const facts = Object.fromEntries(POINTS.map(({ id }, point) => [id, values[point] ?? 0]));
  return (await engine.run(facts)).events.length;
}

async function play(readings: number): Promise<number> {
  let events = 0;
  for (let count = 0; count < readings; count++) {
    for (let device = 0; device < plan.devices; device++) events += await judge(ordinaryValues(count / 40 + device));
  }
  return events;
}

let calm = await play(plan.warmUp);
const cpu = process.cpuUsage();
calm += await play(plan.measured);
const { user, system } = process.cpuUsage(cpu);
// What never tells may as well do nothing: H and HH of the first point.
const told = await judge([FIRST_TRIP, ...ordinaryValues(0).slice(1)]);
if (calm !== 0 || told !== 2) throw new Error(`${calm} events while calm, ${told} beyond two limits`);
const values = plan.devices * plan.measured * POINTS.length;
const result: JsonRulesResult = { nsPerValue: ((user + system) * 1000) / values };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
