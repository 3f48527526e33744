import type { Override } from '../model/device.ts';
import type { Rule } from '../model/rule.ts';
import type { DeviceEntry } from '../rules/schema/device.ts';
import type { RuleOverrideEntry, RulePatch } from '../rules/schema/rule-override.ts';
import type { Path, Reporter } from './fault.ts';
import type { LoadedProfile } from './profiles.ts';
import type { RuleDraft, RulePlace } from './rules/draft.ts';

/** Where the entry of the device stands, and which parts of it can be read. */
export interface EntryPlace {
  readonly path: Path;
  sound(path: Path): boolean;
}

/** Applies the `rules` of a device on those of its profile, reporting what cannot work. */
export function applyRuleOverrides(
  entry: DeviceEntry,
  loaded: LoadedProfile,
  place: EntryPlace,
  reporter: Reporter,
): { readonly rules: readonly Rule[]; readonly overrides: readonly Override[] } {
  const { profile } = loaded;
  const changes = Object.entries(entry.rules ?? {}).filter(([id]) => place.sound([...place.path, 'rules', id]));
  if (changes.length === 0) return { rules: profile.rules, overrides: [] };
  const rules = new Map(profile.rules.map((rule) => [rule.id, rule]));
  const overrides: Override[] = [];
  for (const [id, change] of changes) {
    const path = [...place.path, 'rules', id];
    const base = rules.get(id);
    const draft = loaded.rules.drafts.get(id);
    if (!base || !draft) {
      if (!isBroken(id, loaded)) reportUnknown(id, loaded, path, reporter);
      continue;
    }
    const rule = change.off ? null : changedRule(draft, change, loaded, path, reporter);
    if (change.off) checkOff(change, path, reporter);
    else if (!rule) continue;
    if (rule) rules.set(id, rule);
    else rules.delete(id);
    overrides.push({
      point: base.point === null ? null : (loaded.everyPoint[base.point]?.id ?? null),
      name: id,
      at: rule?.levels[0]?.at ?? null,
      profileAt: base.levels[0]?.at ?? null,
      origin: change.origin ?? null,
      change: change.change ?? null,
      ...(change.expires === undefined ? {} : { expires: change.expires }),
    });
  }
  return { rules: [...rules.values()], overrides };
}

function changedRule(
  draft: RuleDraft,
  change: RuleOverrideEntry,
  loaded: LoadedProfile,
  path: Path,
  reporter: Reporter,
): Rule | null {
  const { off: _off, origin: _origin, change: _change, expires: _expires, ...patch } = change;
  const unfit = Object.keys(patch).filter((key) => !draft.adjustable.some((one) => one === key));
  for (const key of unfit) {
    const message = `${draft.id} has no ${key}; a device may change its ${draft.adjustable.join(', ')}`;
    reporter.error('RULE_KEY_UNFIT', [...path, key], patch[key as keyof RulePatch], message);
  }
  return unfit.length > 0 ? null : draft.build(patch, loaded.rules.context, devicePlace(patch, path, reporter));
}

function checkOff(change: RuleOverrideEntry, path: Path, reporter: Reporter): void {
  const others = Object.keys(change).filter((key) => !['off', 'origin', 'change', 'expires'].includes(key));
  if (others.length > 0) {
    const message = `a rule that is off has no ${others.join(', ')}: remove one or the other`;
    reporter.error('RULE_KEY_UNFIT', [...path, others[0] ?? 'off'], true, message);
  }
  if (change.change === undefined) {
    const message = 'a rule is taken out only by an approved change: give its reference in `change`';
    reporter.error('MISSING_KEY', [...path, 'change'], null, message);
  }
}

/** Faults of keys that the device does not change stand at its override as a whole; the profile was warned itself. */
function devicePlace(patch: RulePatch, path: Path, reporter: Reporter): RulePlace {
  const own = (key: string) => Object.hasOwn(patch, key);
  return {
    error(code, key, value, message) {
      const at = key === 'why' ? 'tier' : key;
      reporter.error(code, own(at) ? [...path, at] : path, value, message);
    },
    warn(code, key, value, message) {
      if (own(key)) reporter.warn(code, [...path, key], value, message);
    },
  };
}

function isBroken(id: string, { rules, brokenPoints }: LoadedProfile): boolean {
  return [...rules.broken, ...brokenPoints].some((broken) => id === broken || id.startsWith(`${broken}.`));
}

function reportUnknown(id: string, { profile }: LoadedProfile, path: Path, reporter: Reporter): void {
  const known = profile.rules.map((rule) => rule.id).join(', ') || 'none';
  reporter.error('RULE_UNKNOWN', path, id, `profile ${profile.id} has no rule ${id}; it has ${known}`);
}
