import type { Point } from '../model/device.ts';
import { LIMIT_NAMES } from '../model/limit.ts';
import type { Rule } from '../model/rule.ts';
import type { PointEntry, ProfileFile } from '../rules/schema/profile.ts';
import type { RuleEntry, TieredEntry } from '../rules/schema/rule.ts';
import type { Path, Reporter } from './fault.ts';
import { badDrafts } from './rules/bad.ts';
import { bitsDrafts } from './rules/bits.ts';
import { deviationDrafts } from './rules/deviation.ts';
import { discrepancyDraft } from './rules/discrepancy.ts';
import type { RuleContext, RuleDraft, RulePlace } from './rules/draft.ts';
import { conditionDraft, quantityDraft } from './rules/expression.ts';
import { forecastDrafts } from './rules/forecast.ts';
import { stateDrafts } from './rules/state.ts';
import { statisticsDrafts } from './rules/statistics.ts';
import { stuckDrafts } from './rules/stuck.ts';
import type { Shape } from './shape.ts';
import { isPrototypeName } from './text.ts';

/** The rules of a profile, and what a device needs to change them. */
export interface LoadedRules {
  readonly rules: readonly Rule[];
  readonly drafts: ReadonlyMap<string, RuleDraft>;
  /** Rules, or sections of rules, with a fault in the profile: what a device says about them is not judged again. */
  readonly broken: ReadonlySet<string>;
  readonly context: RuleContext;
}

/** Sections of a point that hold rules. */
const POINT_SECTIONS: readonly {
  readonly key: keyof PointEntry;
  readonly drafts: (point: Point, entry: PointEntry, path: Path) => RuleDraft[];
  /** What its rules are called behind the point, where that is not the key. */
  readonly names?: readonly string[];
}[] = [
  { key: 'deviation', drafts: deviationDrafts },
  { key: 'state', drafts: stateDrafts },
  { key: 'bits', drafts: bitsDrafts },
  { key: 'stuck', drafts: stuckDrafts },
  { key: 'bad', drafts: badDrafts },
  { key: 'statistics', drafts: statisticsDrafts, names: ['ewma', 'cusum', 'zscore'] },
  { key: 'forecast', drafts: forecastDrafts },
];

/** Kinds of the entries of `rules:`, by the key that says what they look at. */
const RULE_SECTIONS: Readonly<Record<string, (entry: TieredEntry, path: Path) => RuleDraft | null>> = {
  when: conditionDraft,
  discrepancy: discrepancyDraft,
};

/** Kinds of entries whose steps say the tier. */
const STEPPED_SECTIONS: Readonly<Record<string, (entry: RuleEntry, path: Path) => RuleDraft | null>> = {
  measure: quantityDraft,
};

/** Keys that go with one kind only, by the key of the kind. */
const COMPANIONS: Readonly<Record<string, readonly (keyof RuleEntry)[]>> = {
  when: ['until', 'point'],
  measure: ['above', 'below', 'deadband', 'unit', 'point'],
};

/** Builds the rules of a profile beyond limits and rates, reporting everything about them that cannot work. */
export function buildRules({ data, sound }: Shape<ProfileFile>, context: RuleContext, reporter: Reporter): LoadedRules {
  const written = [...pointDrafts(data, sound, context), ...entryDrafts(data, sound, reporter)];
  const taken = reservedIds(context.points);
  const rules: Rule[] = [];
  const drafts = new Map<string, RuleDraft>();
  const broken = new Set<string>();
  for (const { id, idPath, draft } of written) {
    const owner = taken.get(id);
    if (owner !== undefined) {
      reporter.error('DUPLICATE_ID', idPath, id, `${id} is already the name of ${owner}: choose another id`);
    } else if (isPrototypeName(id)) {
      reporter.error('NAME_RESERVED', idPath, id, `${id} is reserved: choose another id`);
    }
    taken.set(id, 'a rule');
    const { place, failed } = profilePlace(draft, reporter);
    const rule = draft?.build({}, context, place) ?? null;
    if (draft && rule && owner === undefined && !failed()) {
      rules.push(rule);
      drafts.set(id, draft);
    } else broken.add(id);
  }
  return { rules, drafts, broken, context };
}

/** A rule as found; without a draft where it cannot be read. */
interface Found {
  readonly id: string;
  readonly idPath: Path;
  readonly draft: RuleDraft | null;
}

function pointDrafts(data: ProfileFile, sound: Shape<ProfileFile>['sound'], { points }: RuleContext): Found[] {
  return points.flatMap((point) => {
    const entry = data.points[point.id];
    const path = ['points', point.id];
    if (!entry) return [];
    return POINT_SECTIONS.flatMap(({ key, drafts, names = [key] }): Found[] => {
      if (entry[key] === undefined) return [];
      if (!sound([...path, key])) {
        return names.map((name) => ({ id: `${point.id}.${name}`, idPath: [...path, key], draft: null }));
      }
      return drafts(point, entry, path).map((draft) => ({ id: draft.id, idPath: [...path, key], draft }));
    });
  });
}

function entryDrafts(data: ProfileFile, sound: Shape<ProfileFile>['sound'], reporter: Reporter): Found[] {
  const entries = Array.isArray(data.rules) ? data.rules : [];
  return entries.flatMap((entry, index) => {
    const path = ['rules', index];
    if (!sound([...path, 'id'])) return [];
    const draft = sound(path) ? entryDraft(entry, path, reporter) : null;
    return [{ id: entry.id, idPath: [...path, 'id'], draft }];
  });
}

function entryDraft(entry: RuleEntry, path: Path, reporter: Reporter): RuleDraft | null {
  const kinds = [...Object.keys(RULE_SECTIONS), ...Object.keys(STEPPED_SECTIONS)];
  const drafts = kinds.filter((kind) => Object.hasOwn(entry, kind));
  const [kind] = drafts;
  if (kind !== undefined && drafts.length === 1) return draftOfKind(kind, entry, path, reporter);
  const message = `a rule looks at one thing: give it exactly one of ${kinds.join(', ')}`;
  reporter.error('RULE_KIND', path, drafts.join(', '), message);
  return null;
}

function draftOfKind(kind: string, entry: RuleEntry, path: Path, reporter: Reporter): RuleDraft | null {
  const fitting = COMPANIONS[kind] ?? [];
  const stray = Object.values(COMPANIONS)
    .flat()
    .find((key) => entry[key] !== undefined && !fitting.includes(key));
  if (stray) {
    const message = `does not go with \`${kind}\`: remove it`;
    reporter.error('RULE_KEY_STRAY', [...path, stray], entry[stray], message);
    return null;
  }
  const { tier } = entry;
  const stepped = STEPPED_SECTIONS[kind];
  if (stepped) {
    if (tier === undefined) return stepped(entry, path);
    reporter.error('RULE_KEY_STRAY', [...path, 'tier'], tier, 'the steps say the tier: remove it');
    return null;
  }
  if (tier !== undefined) return RULE_SECTIONS[kind]?.({ ...entry, tier }, path) ?? null;
  reporter.error('MISSING_KEY', [...path, 'tier'], null, 'tier is required here: add it');
  return null;
}

const CONDITIONS = [
  ...LIMIT_NAMES.map((name) => [name, 'a limit'] as const),
  ...(['rising', 'falling', 'changing'] as const).map((name) => [name, 'a rate'] as const),
];

/** Names that alarms of a device have already, with what they mean. */
function reservedIds(points: readonly Point[]): Map<string, string> {
  const taken = new Map([['absent', 'the alarm of silence'], ['clock', 'the alarm of a wrong clock'], ...CONDITIONS]);
  for (const { id } of points) {
    taken.set(id, 'a point');
    for (const [name, what] of CONDITIONS) taken.set(`${id}.${name}`, what);
  }
  return taken;
}

function profilePlace(draft: RuleDraft | null, reporter: Reporter): { place: RulePlace; failed(): boolean } {
  let failed = false;
  const pathOf = (key: string) => draft?.pathOf(key) ?? [];
  const place: RulePlace = {
    error(code, key, value, message) {
      failed = true;
      reporter.error(code, pathOf(key), value, message);
    },
    warn: (code, key, value, message) => reporter.warn(code, pathOf(key), value, message),
  };
  return { place, failed: () => failed };
}
