import type { Profile } from '../../model/device.ts';
import type { FaultList, Path, Reporter } from '../fault.ts';
import type { WrittenGroups } from '../groups.ts';
import { profilePlace } from './place.ts';
import type { ProfileSource } from './rule.ts';

/** A limit, rate, rule or silence of a profile, or a condition of a group, that no rule test brings into force. */
export interface Untested {
  /** Id of the profile, or key of the group. */
  readonly profile: string;
  /** As an alarm names it: `outletPressure.HH`, `overfill.orange`, `absent`. */
  readonly name: string;
}

/** A rule test that fails, or cannot be run. */
export interface FailingTest {
  /** Relative to the configuration directory. */
  readonly file: string;
  readonly line: number | null;
  /** Names the test, and says what is wrong with it. */
  readonly message: string;
}

/** What running the rule tests told. */
export interface Tested {
  readonly untested: readonly Untested[];
  readonly failing: readonly FailingTest[];
}

/** Where a group stands. */
export interface GroupPlace {
  readonly path: Path;
  readonly reporter: Reporter;
}

/** Warns of what no rule test brings into force; where none does anything, once for the whole profile. */
export function lintTested(profile: Profile, untested: readonly Untested[], source: ProfileSource): void {
  const { reporter } = source;
  const names = new Set(untested.flatMap((one) => (one.profile === profile.id ? [one.name] : [])));
  const conditions = conditionsOf(profile, source);
  const missing = conditions.filter(({ name }) => names.has(name));
  if (missing.length > 0 && missing.length === conditions.length) {
    const message = `nothing of ${profile.id} is tested: write ${profile.id}.test.yaml beside it`;
    reporter.warn('PROFILE_UNTESTED', [], null, message);
    return;
  }
  for (const { name, path } of missing) {
    reporter.warn('CONDITION_UNTESTED', path, null, `no rule test brings ${name} into force: add one`);
  }
}

/** Warns of what no rule test brings into force of a group. */
export function lintTestedGroups(untested: readonly Untested[], places: ReadonlyMap<string, GroupPlace>): void {
  for (const { profile, name } of untested) {
    const place = places.get(profile);
    const message = `no rule test brings ${name} of ${profile} into force: add one`;
    place?.reporter.warn('CONDITION_UNTESTED', place.path, null, message);
  }
}

/** Warns of tests that fail or cannot be run. */
export function lintFailing(failing: readonly FailingTest[], faults: FaultList): void {
  const inOrder = failing.toSorted(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || (a.line ?? 0) - (b.line ?? 0),
  );
  for (const { file, line, message } of inOrder) {
    faults.reporter(file, { lineOf: () => line }).warn('TEST_FAILS', [], null, message);
  }
}

/** Where the groups of files stand, by key. */
export function groupPlaces(files: readonly WrittenGroups[]): ReadonlyMap<string, GroupPlace> {
  const places = new Map<string, GroupPlace>();
  for (const { shape, reporter } of files) {
    const { data, sound } = shape;
    for (const kind of ['votes', 'counts', 'firstOut'] as const) {
      const entries: readonly { readonly id: string }[] = Array.isArray(data[kind]) ? data[kind] : [];
      for (const [index, entry] of entries.entries()) {
        const path = [kind, index];
        if (sound([...path, 'id'])) places.set(`${data.site}/${entry.id}`, { path, reporter });
      }
    }
  }
  return places;
}

function conditionsOf({ points, calculated, rules, absent }: Profile, { pathOfRule }: ProfileSource) {
  const ofPoints = [...points, ...calculated].flatMap(({ id, limits, rates }) => {
    const place = profilePlace(id);
    return [
      ...limits.map(({ name }) => ({ name: `${id}.${name}`, path: place.limit(name) })),
      ...rates.map(({ direction }) => ({ name: `${id}.${direction}`, path: place.rate(direction) })),
    ];
  });
  const ofRules = rules.flatMap(({ id, levels }) =>
    levels.map(({ name }) => ({ name: name === '' ? id : `${id}.${name}`, path: pathOfRule(id, 'tier') })),
  );
  const silence: { name: string; path: Path }[] = absent ? [{ name: 'absent', path: ['absent'] }] : [];
  return [...ofPoints, ...ofRules, ...silence].map(({ name, path }) => ({ name, path: path ?? [] }));
}
