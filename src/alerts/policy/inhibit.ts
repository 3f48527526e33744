import type { Alarm } from '../../model/alarm.ts';
import type { Inhibition, InhibitionMatch } from '../../model/routing.ts';
import { tierRank } from '../../model/tier.ts';

/** The parts of an alarm that inhibition looks at. */
export type InhibitionSubject = Pick<
  Alarm,
  'id' | 'site' | 'device' | 'profile' | 'condition' | 'tier' | 'state' | 'status' | 'grid' | 'tags'
>;

/** What hides an alarm from receivers. */
export interface InhibitedBy {
  /** Id of the inhibition. */
  readonly inhibition: string;
  /** Id of the alarm that is its source. */
  readonly alarm: string;
}

/** Sources looked at for one alarm; beyond them it is told, which is noise at worst. */
const MOST_SOURCES = 32;
/** Inhibited sources of inhibited sources, and so on; beyond it an alarm is told. */
const DEEPEST = 4;

/**
 * The open alarms that may hide others, found by what both must share. Work depends on the number of inhibitions and not
 * on the number of open alarms.
 */
export class InhibitionIndex {
  private readonly inhibitions: readonly Inhibition[];
  /** By inhibition, then by the values that both must share: the alarms that could be its source. */
  private readonly sources: readonly Map<string, Map<string, InhibitionSubject>>[];
  /** By alarm: where it stands in {@link sources}. */
  private readonly places = new Map<string, readonly { readonly inhibition: number; readonly key: string }[]>();

  constructor(inhibitions: readonly Inhibition[], open: Iterable<InhibitionSubject> = []) {
    this.inhibitions = inhibitions;
    this.sources = inhibitions.map(() => new Map());
    for (const alarm of open) this.update(alarm);
  }

  /** Takes an alarm as it is now, raised, changed, hidden or over. */
  update(alarm: InhibitionSubject): void {
    this.remove(alarm.id);
    if (!isActive(alarm)) return;
    const places: { inhibition: number; key: string }[] = [];
    for (const [inhibition, { source, equal }] of this.inhibitions.entries()) {
      if (!fits(source, alarm)) continue;
      const key = sharedKey(equal, alarm);
      if (key === null) continue;
      const byKey = this.sources[inhibition];
      const alarms = byKey?.get(key) ?? new Map<string, InhibitionSubject>();
      byKey?.set(key, alarms.set(alarm.id, alarm));
      places.push({ inhibition, key });
    }
    if (places.length > 0) this.places.set(alarm.id, places);
  }

  /**
   * What hides an alarm from receivers now; null = it is to be told. Never a red one, never by itself, by a less urgent
   * alarm, or by one of another status: an exercise hides nothing real. An inhibited alarm inhibits nobody; of alarms
   * that would hide each other in a circle none is hidden.
   */
  inhibitedBy(alarm: InhibitionSubject): InhibitedBy | null {
    const found = this.judge(alarm, [alarm.id]);
    return typeof found === 'object' ? found : null;
  }

  private remove(id: string): void {
    for (const { inhibition, key } of this.places.get(id) ?? []) {
      const byKey = this.sources[inhibition];
      const alarms = byKey?.get(key);
      alarms?.delete(id);
      if (alarms?.size === 0) byKey?.delete(key);
    }
    this.places.delete(id);
  }

  /** `told`: nothing hides it. `unsure`: whether a source counts hangs on a circle, or lies too deep. */
  private judge(alarm: InhibitionSubject, above: readonly string[]): InhibitedBy | 'told' | 'unsure' {
    if (alarm.tier === 'red') return 'told';
    if (above.length > DEEPEST) return 'unsure';
    let verdict: 'told' | 'unsure' = 'told';
    let seen = 0;
    for (const [index, { id, target, equal }] of this.inhibitions.entries()) {
      const key = fits(target, alarm) ? sharedKey(equal, alarm) : null;
      if (key === null) continue;
      for (const source of this.sources[index]?.get(key)?.values() ?? []) {
        if (seen++ === MOST_SOURCES) return 'unsure';
        if (source.id === alarm.id || tierRank(source.tier) < tierRank(alarm.tier)) continue;
        const own = above.includes(source.id) ? 'unsure' : this.judge(source, [...above, source.id]);
        if (own === 'told') return { inhibition: id, alarm: source.id };
        if (own === 'unsure') verdict = 'unsure';
      }
    }
    return verdict;
  }
}

/** Its condition holds and nothing hides it. */
function isActive({ state }: InhibitionSubject): boolean {
  return state === 'unacknowledged' || state === 'acknowledged';
}

function fits({ tier, profile, condition, except, device, tags }: InhibitionMatch, alarm: InhibitionSubject): boolean {
  return (
    isAmong(tier, alarm.tier) &&
    isAmong(profile, alarm.profile) &&
    isAmong(device, `${alarm.site}/${alarm.device}`) &&
    (condition.length === 0 || isNamed(condition, alarm.condition)) &&
    !isNamed(except, alarm.condition) &&
    tags.every((tag) => alarm.tags.includes(tag))
  );
}

function isAmong<T>(allowed: readonly T[], value: T): boolean {
  return allowed.length === 0 || allowed.includes(value);
}

/** `HH` names `outletPressure.HH` too. */
function isNamed(names: readonly string[], condition: string): boolean {
  return names.some((name) => name === condition || condition.endsWith(`.${name}`));
}

/** null where the alarm lacks what both must share, as a grid: nothing is shared then. */
function sharedKey(equal: Inhibition['equal'], alarm: InhibitionSubject): string | null {
  const parts: string[] = [alarm.status];
  for (const label of equal) {
    const part = label === 'device' ? `${alarm.site}/${alarm.device}` : alarm[label];
    if (part === null) return null;
    parts.push(part);
  }
  return parts.join('\n');
}
