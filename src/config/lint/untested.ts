import type { Profile } from '../../model/device.ts';
import type { Path } from '../fault.ts';
import { profilePlace } from './place.ts';
import type { ProfileSource } from './rule.ts';

/** A limit, rate, rule or silence of a profile that no rule test brings into force. */
export interface Untested {
  readonly profile: string;
  /** As an alarm names it: `outletPressure.HH`, `overfill.orange`, `absent`. */
  readonly name: string;
}

/** Warns of what no rule test brings into force; where none does anything, once for the whole profile. */
export function lintTested(profile: Profile, untested: readonly Untested[], source: ProfileSource): void {
  const { reporter } = source;
  const names = new Set(untested.flatMap((one) => (one.profile === profile.id ? [one.name] : [])));
  const conditions = conditionsOf(profile, source);
  const missing = conditions.filter(({ name }) => names.has(name));
  if (missing.length > 0 && missing.length === conditions.length) {
    const message = `nothing of ${profile.id} is tested: write ${profile.id}.test.yaml beside it`;
    reporter.warn('PROFILE_UNTESTED', [], profile.id, message);
    return;
  }
  for (const { name, path } of missing) {
    reporter.warn('CONDITION_UNTESTED', path, name, `no rule test brings ${name} into force: add one`);
  }
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
