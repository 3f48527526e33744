import type { Reporter } from '../config/fault.ts';
import { checkShape } from '../config/shape.ts';
import { readYaml, type YamlText } from '../config/yaml.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import { groupsOf } from '../replay/groups.ts';
import { type DeviceSources, readDevices, type TrialDevice } from './devices.ts';
import { createNaming, readCommands, readExpectations, readNotified } from './expectations.ts';
import { readFeed } from './feed.ts';
import { type Place, placeAt } from './place.ts';
import { type TrialEntry, trialFileSchema, type VariantEntry } from './schema.ts';
import type { Trial, Variant } from './trial.ts';

/** 2026-01-01T00:00:00Z: any time would do, and it must be the same one always. */
const START = 1_767_225_600_000;

/** What tests are read against. */
export interface TrialSources extends DeviceSources {
  readonly configuration: Configuration;
}

/** What a file of tests holds. */
export interface ReadTrials {
  readonly trials: readonly Trial[];
  /** Tests with a fault, which are not among {@link trials}; a file with a fault outside of them is one more. */
  readonly broken: number;
}

/** The tests of one file; what has a fault is reported and left out. `reporterOf` makes the file's reporter. */
export function readTrials(
  file: { readonly name: string; readonly text: string },
  sources: TrialSources,
  reporterOf: (lineOf: (path: readonly (string | number)[]) => number | null) => Reporter,
): ReadTrials {
  const yaml = readYaml(file.text);
  const broken = new Set<number | null>();
  const reporter = countingBroken(reporterOf(yaml.lineOf), broken);
  const read = readEntries(file, yaml, sources, reporter);
  const trials = read.flatMap(({ index, trial }) => (broken.has(index) ? [] : trial));
  return { trials, broken: broken.size };
}

/** The reporter, which also notes the index of a test with a fault; null stands for the file around them. */
function countingBroken(reporter: Reporter, broken: Set<number | null>): Reporter {
  return {
    ...reporter,
    error(code, path, value, message, line) {
      const [list, index] = path;
      broken.add(list === 'tests' && typeof index === 'number' ? index : null);
      reporter.error(code, path, value, message, line);
    },
  };
}

interface ReadEntry {
  readonly index: number;
  readonly trial: Trial;
}

function readEntries(
  file: { readonly name: string },
  yaml: YamlText,
  sources: TrialSources,
  reporter: Reporter,
): ReadEntry[] {
  for (const fault of yaml.faults) reporter.error(fault.code, fault.path, null, fault.message, fault.line);
  if (yaml.data === undefined) return [];
  const shape = checkShape(trialFileSchema, yaml.data, reporter);
  if (!shape) {
    reporter.error('WRONG_TYPE', [], null, 'must be a mapping with tests: a list of tests');
    return [];
  }
  const names = new Map<string, number>();
  const entries = shape.data.tests;
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry, index) => {
    const place = placeAt(reporter, yaml.lineOf, ['tests', index]);
    if (!shape.sound(['tests', index])) return [];
    const first = names.get(entry.name);
    if (first !== undefined) place.error('DUPLICATE_ID', ['name'], entry.name, `test ${first + 1} has this name too`);
    names.set(entry.name, index);
    const trial = readTrial(entry, file.name, sources, place);
    return trial ? [{ index, trial }] : [];
  });
}

function readTrial(entry: TrialEntry, file: string, sources: TrialSources, place: Place): Trial | null {
  const devices = readDevices(entry, sources, place);
  if (!devices) return null;
  const { configuration } = sources;
  const feed = readFeed(entry.feed, devices, place);
  const groups = groupsOf(configuration.groups, new Set(devices.map(({ device }) => device.key)));
  const naming = createNaming(devices, groups);
  const commands = readCommands(entry, naming, place);
  const expectations = readExpectations(entry.expect, devices, naming, place);
  const receivers = configuration.routing.receivers.map(({ id }) => id);
  const notified = entry.notified ? readNotified(entry.notified, naming, receivers, place) : null;
  const variants = readVariants(entry.also, configuration.time.latenessMs, place);
  if (entry.expect.length === 0 && !notified) {
    place.error(
      'TEST_EMPTY',
      [],
      entry.name,
      'proves nothing: add expect, or notified ([] where nobody is to be told)',
    );
  }
  if (place.failed()) return null;
  const crashes = variants.flatMap((variant) => (variant.kind === 'crash' ? [variant.at] : []));
  const times = [...commands, ...expectations, ...(notified?.events ?? [])].map(({ at }) => at);
  return {
    name: entry.name,
    file,
    line: place.line([]),
    start: entry.start === undefined ? START : Date.parse(entry.start),
    devices: devices.map(({ device }: TrialDevice, index) => reportingOnly(device, feed.named[index])),
    groups,
    deliveries: feed.deliveries,
    commands,
    expectations,
    notified,
    variants,
    endMs: Math.max(feed.durationMs, ...times, ...crashes),
  };
}

/** The device as one that has only the points that the test feeds, if only with silence: the others are not missed. */
function reportingOnly(device: Device, named: ReadonlySet<string> | undefined): Device {
  const points = device.points.map((point) =>
    named?.has(point.id) || point.calc ? point : { ...point, staleAfterMs: null },
  );
  return { ...device, points };
}

function readVariants(entries: readonly VariantEntry[], latenessMs: number, place: Place): Variant[] {
  return entries.flatMap((entry, index): Variant[] => {
    const path = ['also', index];
    const { crashAt, shuffleWithin, duplicate, seed = 1 } = entry;
    const named = [crashAt, shuffleWithin, duplicate].filter((one) => one !== undefined);
    if (named.length !== 1) {
      place.error('VARIANT_INVALID', path, null, 'write one of crashAt, shuffleWithin and duplicate in each item');
      return [];
    }
    if (crashAt !== undefined) return [{ kind: 'crash', at: parseDuration(crashAt) }];
    if (duplicate !== undefined) return [{ kind: 'duplicate', share: Number.parseInt(duplicate, 10) / 100, seed }];
    const withinMs = parseDuration(shuffleWithin ?? '');
    if (withinMs > latenessMs) {
      const message = `more than time.lateness (${latenessMs / 1000}s), within which order does not count: make it shorter`;
      place.error('SHUFFLE_TOO_WIDE', [...path, 'shuffleWithin'], shuffleWithin, message);
    }
    return [{ kind: 'shuffle', withinMs, seed }];
  });
}
