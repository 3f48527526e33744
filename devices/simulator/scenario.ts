import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject } from 'ajv';
import { parseDocument } from 'yaml';
import { parseDuration } from '../../src/model/duration.ts';
import { AppError } from '../../src/model/error.ts';
import { type DeviceClass, pointType } from './device.ts';
import { EFFECTS, type GroupYaml, ScenarioSchema, type ScenarioYaml, type StepYaml } from './scenario-schema.ts';
import type { Effect, Group, Scenario, Step } from './story.ts';

/** What can be wrong with a scenario; callers and tests decide by the code. */
export type ScenarioFaultCode =
  | 'notYaml'
  | 'wrongShape'
  | 'unknownKey'
  | 'missingKey'
  | 'unknownGroup'
  | 'duplicateGroup'
  | 'unknownPoint'
  | 'wrongPointType'
  | 'wrongEffectCount'
  | 'tooManyAffected'
  | 'afterEnd'
  | 'badLoop';

export interface ScenarioFault {
  readonly code: ScenarioFaultCode;
  /** JSON pointer into the file. */
  readonly path: string;
  readonly message: string;
}

const conforms = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(ScenarioSchema);

/**
 * Reads a scenario from YAML text.
 *
 * @throws AppError `SCENARIO_INVALID` with every {@link ScenarioFault} in `details.faults`
 */
export function parseScenario(text: string, source: string): Scenario {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw invalid(
      source,
      document.errors.map((error) => ({ code: 'notYaml', path: '', message: error.message })),
    );
  }
  const value: unknown = document.toJS();
  if (!conforms(value)) throw invalid(source, (conforms.errors ?? []).map(shapeFault));
  // The schema compiled above is the one the type comes from.
  const yaml = value as ScenarioYaml;
  const faults = contradictions(yaml);
  if (faults.length > 0) throw invalid(source, faults);
  return build(yaml);
}

/**
 * A shipped scenario by its name, or any scenario by the path of its file.
 *
 * @throws AppError `SCENARIO_NOT_FOUND`, `SCENARIO_INVALID`
 */
export function loadScenario(nameOrFile: string): Scenario {
  const shipped = join(scenarioDirectory(), `${nameOrFile}.yaml`);
  const file = basename(nameOrFile) === nameOrFile && existsSync(shipped) ? shipped : nameOrFile;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const names = shippedScenarios().join(', ');
    throw new AppError('SCENARIO_NOT_FOUND', `no scenario "${nameOrFile}": give a file, or one of ${names}`, { cause });
  }
  return parseScenario(text, file);
}

/** Names of the scenarios that come with the package, in alphabetical order. */
export function shippedScenarios(): readonly string[] {
  return readdirSync(scenarioDirectory())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** The YAML stays where it is when TypeScript is built to `dist/`, so it is found from the package's root. */
function scenarioDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new AppError('PACKAGE_NOT_FOUND', 'no package.json above the simulator');
    directory = parent;
  }
  return join(directory, 'devices', 'simulator', 'scenarios');
}

function invalid(source: string, faults: readonly ScenarioFault[]): AppError {
  const lines = faults.map((fault) => `${source}${fault.path ? `#${fault.path}` : ''}: ${fault.message}`);
  return new AppError('SCENARIO_INVALID', lines.join('\n'), { details: { faults } });
}

function shapeFault(error: ErrorObject): ScenarioFault {
  const path = error.instancePath;
  if (error.keyword === 'additionalProperties') {
    return { code: 'unknownKey', path, message: `unknown key "${String(error.params['additionalProperty'])}"` };
  }
  if (error.keyword === 'required') {
    return { code: 'missingKey', path, message: `"${String(error.params['missingProperty'])}" is missing` };
  }
  const among = error.keyword === 'enum' ? `: ${(error.params['allowedValues'] as unknown[]).join(', ')}` : '';
  return { code: 'wrongShape', path, message: `${error.message ?? 'is wrong'}${among}` };
}

/** What the schema cannot see: names that must exist, types that must fit, times that must lie inside. */
function contradictions(yaml: ScenarioYaml): ScenarioFault[] {
  const faults: ScenarioFault[] = [];
  const groups = new Map<string, GroupYaml>();
  for (const [i, group] of yaml.devices.entries()) {
    const path = `/devices/${i}`;
    if (groups.has(group.group)) {
      faults.push({ code: 'duplicateGroup', path, message: `group "${group.group}" is there twice` });
    }
    groups.set(group.group, group);
    if (typeof group.affected === 'number' && group.affected > group.count) {
      const message = `${group.affected} affected of ${group.count} devices`;
      faults.push({ code: 'tooManyAffected', path: `${path}/affected`, message });
    }
  }
  const durationMs = parseDuration(yaml.duration);
  for (const [i, step] of (yaml.timeline ?? []).entries()) {
    faults.push(...stepFaults(step, `/timeline/${i}`, groups.get(step.on), durationMs));
  }
  if (yaml.loop && parseDuration(yaml.loop.from) >= durationMs) {
    faults.push({
      code: 'badLoop',
      path: '/loop/from',
      message: `the loop starts at or after the end (${yaml.duration})`,
    });
  }
  return faults;
}

function stepFaults(step: StepYaml, path: string, group: GroupYaml | undefined, durationMs: number): ScenarioFault[] {
  const faults: ScenarioFault[] = [];
  const named = EFFECTS.filter((effect) => step[effect] !== undefined);
  if (named.length !== 1) {
    const message = `a step has exactly one effect (${EFFECTS.join(', ')}); here: ${named.join(', ') || 'none'}`;
    faults.push({ code: 'wrongEffectCount', path, message });
  }
  if (parseDuration(step.at) >= durationMs) {
    faults.push({ code: 'afterEnd', path: `${path}/at`, message: `${step.at} is at or after the end` });
  }
  if (!group) {
    faults.push({ code: 'unknownGroup', path: `${path}/on`, message: `no group "${step.on}" under devices` });
    return faults;
  }
  for (const effect of EFFECTS) {
    const body = step[effect];
    if (!body || !('point' in body) || body.point === undefined) continue;
    const type = pointType(group.class, body.point);
    const where = `${path}/${effect}`;
    if (!type) {
      const message = `${group.class} has no point "${body.point}"`;
      faults.push({ code: 'unknownPoint', path: `${where}/point`, message });
    } else if (!fits(step, effect, type)) {
      const message = `"${body.point}" is a ${type}, which this effect cannot give it`;
      faults.push({ code: 'wrongPointType', path: where, message });
    }
  }
  return faults;
}

function fits(step: StepYaml, effect: (typeof EFFECTS)[number], type: 'number' | 'boolean'): boolean {
  if (effect === 'ramp' || effect === 'noise') return type === 'number';
  const to = step.set?.to ?? null;
  // A wrong-typed value would only test the receiver's dead letters; null is "no value" and fits all.
  return effect !== 'set' || to === null || typeof to === type;
}

function build(yaml: ScenarioYaml): Scenario {
  return {
    name: yaml.name,
    title: yaml.title,
    description: yaml.description,
    timeOfDayMs: yaml.timeOfDay === undefined ? 8 * 3_600_000 : timeOfDay(yaml.timeOfDay),
    intervalMs: parseDuration(yaml.interval),
    durationMs: parseDuration(yaml.duration),
    loopFromMs: yaml.loop ? parseDuration(yaml.loop.from) : null,
    groups: yaml.devices.map(buildGroup),
    // Stable: steps of the same moment keep the file's order.
    steps: (yaml.timeline ?? []).map(buildStep).sort((a, b) => a.atMs - b.atMs),
  };
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}

function buildGroup(yaml: GroupYaml): Group {
  const affected = yaml.affected ?? 'all';
  return {
    id: yaml.group,
    deviceClass: yaml.class as DeviceClass,
    site: yaml.site,
    prefix: yaml.prefix,
    count: yaml.count,
    affected:
      affected === 'all' || typeof affected === 'number' ? affected : { percent: Number(affected.slice(0, -1)) },
  };
}

function buildStep(yaml: StepYaml): Step {
  return {
    atMs: parseDuration(yaml.at),
    on: yaml.on,
    which: yaml.which ?? 'affected',
    note: yaml.note ?? null,
    effect: buildEffect(yaml),
  };
}

function buildEffect(yaml: StepYaml): Effect {
  if (yaml.ramp)
    return { kind: 'ramp', point: yaml.ramp.point, to: yaml.ramp.to, overMs: parseDuration(yaml.ramp.over) };
  if (yaml.set) return { kind: 'set', point: yaml.set.point, to: yaml.set.to };
  if (yaml.hold) return { kind: 'hold', point: yaml.hold.point };
  if (yaml.noise) return { kind: 'noise', point: yaml.noise.point, deviation: yaml.noise.deviation };
  if (yaml.quality) return { kind: 'quality', point: yaml.quality.point, to: yaml.quality.to };
  if (yaml.release) {
    const overMs = yaml.release.over === undefined ? 0 : parseDuration(yaml.release.over);
    return { kind: 'release', point: yaml.release.point ?? null, overMs };
  }
  for (const link of ['silence', 'offline', 'outage'] as const) {
    const body = yaml[link];
    if (body) return { kind: 'link', link, forMs: parseDuration(body.for) };
  }
  // stepFaults has counted the effects before anything is built.
  throw new AppError('SCENARIO_INVALID', 'a step without an effect');
}
