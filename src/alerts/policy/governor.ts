import type { Bypass, BypassScope } from '../../model/bypass.ts';
import { personKey, samePerson } from '../../model/person.ts';
import type { GovernorSettings, TierSettings } from '../../model/routing.ts';
import { TIERS, type Tier, tierRank } from '../../model/tier.ts';

export interface Terms {
  readonly tiers: Readonly<Record<Tier, TierSettings>>;
  readonly governor: GovernorSettings;
}

/** What is asked for. `approvedBy`: only where the configuration asks, which two people have signed. */
export type BypassRequest = Pick<
  Bypass,
  'kind' | 'scope' | 'upTo' | 'oneShot' | 'reason' | 'owner' | 'approvedBy' | 'origin' | 'replacement' | 'workOrder'
> & { readonly lengthMs: number | null };

/** Why a bypass may not be, with what to do. */
export const BYPASS_REFUSALS = {
  BYPASS_OWNER_MISSING: 'say who answers for it',
  BYPASS_REASON_TOO_SHORT: 'say why in a few words that the next shift understands',
  BYPASS_REPLACEMENT_MISSING: 'say what protects while it is out of service (replacement)',
  BYPASS_TOO_LONG: 'ask for less time: it is longer than the tier allows',
  BYPASS_LENGTH_INVALID: 'say for how long, at least one second',
  BYPASS_TOO_MANY: 'the site has as many bypasses as it may: lift one first',
  BYPASS_NOT_APPROVED: 'the tier needs a second person: name who has approved it',
  BYPASS_SAME_PERSON: 'a second person must agree: the owner cannot approve it',
  BYPASS_NOT_REQUESTED: 'nobody waits for an approval of it: it is active or over',
  BYPASS_LAPSED: 'the request has lapsed: ask again',
  BYPASS_OVER: 'it is over already',
  BYPASS_ALARM_OVER: 'the alarm is over: there is nothing to shelve',
  ALARM_NOT_SHELVED: 'nothing shelves this alarm alone; what hides it stands in its `bypass`',
} as const;

export type BypassRefusal = keyof typeof BYPASS_REFUSALS;

export type Verdict =
  /** Hides from now on. `since`: see {@link Bypass}. */
  | { readonly kind: 'granted'; readonly since: Bypass['since'] }
  /** Hides when a second person agrees; `because` the tier needs one, or one person alone has hidden it long enough. */
  | { readonly kind: 'requested'; readonly because: 'tier' | 'renewal' }
  | { readonly kind: 'refused'; readonly code: BypassRefusal };

/** Two letters of Chinese, or four of anything else, are the least that can be a reason. */
const LEAST_REASON = 4;
const LEAST_MS = 1_000;

/**
 * May this bypass be? `open`: every bypass that is requested or active.
 *
 * One person alone hides alarms of a tier for at most its `maxMs`, however often they renew: the time counts from the
 * first of the bypasses that overlap in scope and time. It begins anew only when a second person agrees, or after the
 * bypasses are over, when all that holds is announced. Where the tier needs a second person, each one needs the two of
 * them again. A bypass that reaches up to a tier is bound by the strictest of all tiers that it hides.
 */
export function judge(asked: BypassRequest, open: readonly Bypass[], terms: Terms, at: number): Verdict {
  const fault = faultOf(asked, open, terms);
  if (fault) return { kind: 'refused', code: fault };
  const { maxMs, secondPerson } = boundOf(asked.upTo, terms);
  if (asked.origin.kind !== 'person') {
    // A plant state lasts as long as it lasts; that it may hide was decided, and signed, with the configuration.
    if (asked.origin.kind === 'window' && (asked.lengthMs ?? 0) > maxMs) return refused('BYPASS_TOO_LONG');
    if (secondPerson && asked.approvedBy === null) return refused('BYPASS_NOT_APPROVED');
    return { kind: 'granted', since: sinceNow(asked.upTo, at) };
  }
  const lengthMs = asked.lengthMs ?? Number.POSITIVE_INFINITY;
  if (lengthMs > maxMs) return refused('BYPASS_TOO_LONG');
  if (secondPerson) return { kind: 'requested', because: 'tier' };
  const since = renewedSince(asked, open, at);
  const tooLong = hiddenTiers(asked.upTo).some(
    (tier) => at + lengthMs > (since[tier] ?? at) + terms.tiers[tier].bypass.maxMs,
  );
  return tooLong ? { kind: 'requested', because: 'renewal' } : { kind: 'granted', since };
}

/** May `by` make the request active? It then hides for as long as was asked for, from now. */
export function agree(
  request: Bypass,
  by: string,
  open: readonly Bypass[],
  terms: Terms,
  at: number,
): Extract<Verdict, { kind: 'granted' | 'refused' }> {
  if (request.state !== 'requested') return refused('BYPASS_NOT_REQUESTED');
  if (request.until !== null && at >= request.until) return refused('BYPASS_LAPSED');
  if (personKey(by) === '') return refused('BYPASS_OWNER_MISSING');
  if (samePerson(request.owner, by)) return refused('BYPASS_SAME_PERSON');
  // The terms may have changed since it was asked for.
  if ((request.lengthMs ?? Number.POSITIVE_INFINITY) > boundOf(request.upTo, terms).maxMs)
    return refused('BYPASS_TOO_LONG');
  const others = open.filter(({ id }) => id !== request.id);
  if (isFull(request.scope.site, others, terms.governor)) return refused('BYPASS_TOO_MANY');
  return { kind: 'granted', since: sinceNow(request.upTo, at) };
}

/** The tiers that a bypass up to `upTo` hides. */
export function hiddenTiers(upTo: Tier): readonly Tier[] {
  return TIERS.slice(0, tierRank(upTo) + 1);
}

function faultOf(asked: BypassRequest, open: readonly Bypass[], { governor }: Terms): BypassRefusal | null {
  const { owner, approvedBy, reason, origin, kind, replacement, lengthMs, scope } = asked;
  if (personKey(owner) === '') return 'BYPASS_OWNER_MISSING';
  if (approvedBy !== null && personKey(approvedBy) === '') return 'BYPASS_NOT_APPROVED';
  if (approvedBy !== null && samePerson(owner, approvedBy)) return 'BYPASS_SAME_PERSON';
  if (lengthMs !== null && !(lengthMs >= LEAST_MS)) return 'BYPASS_LENGTH_INVALID';
  if (weightOf(reason) < LEAST_REASON) return 'BYPASS_REASON_TOO_SHORT';
  if (origin.kind !== 'person') return origin.kind === 'window' && lengthMs === null ? 'BYPASS_LENGTH_INVALID' : null;
  if (kind === 'outOfService' && weightOf(replacement ?? '') < LEAST_REASON) return 'BYPASS_REPLACEMENT_MISSING';
  if (lengthMs === null) return 'BYPASS_LENGTH_INVALID';
  return isFull(scope.site, open, governor) ? 'BYPASS_TOO_MANY' : null;
}

/** Requests count, or they could be saved up and approved at once. */
function isFull(site: string, open: readonly Bypass[], { maxPerSite }: GovernorSettings): boolean {
  const byPersons = open.filter(({ scope, origin }) => scope.site === site && origin.kind === 'person');
  return byPersons.length >= maxPerSite;
}

/** The strictest terms of all tiers that are hidden: a lesser tier with stricter ones is hidden too. */
function boundOf(upTo: Tier, { tiers }: Terms): { readonly maxMs: number; readonly secondPerson: boolean } {
  const bounds = hiddenTiers(upTo).map((tier) => tiers[tier].bypass);
  return {
    maxMs: Math.min(...bounds.map(({ maxMs }) => maxMs)),
    secondPerson: bounds.some(({ secondPerson }) => secondPerson),
  };
}

function sinceNow(upTo: Tier, at: number): Bypass['since'] {
  return Object.fromEntries(hiddenTiers(upTo).map((tier) => [tier, at]));
}

/** Since when `owner` alone hides each tier, with the bypasses of the same person that are active now and overlap. */
function renewedSince({ owner, scope, upTo }: BypassRequest, open: readonly Bypass[], at: number): Bypass['since'] {
  const renewed = open.filter(
    (one) =>
      one.state === 'active' &&
      one.origin.kind === 'person' &&
      (samePerson(one.owner, owner) || (one.approvedBy !== null && samePerson(one.approvedBy, owner))) &&
      overlap(one.scope, scope),
  );
  return Object.fromEntries(
    hiddenTiers(upTo).map((tier) => [tier, Math.min(at, ...renewed.map(({ since }) => since[tier] ?? at))]),
  );
}

/** True where there may be an alarm that both hide. */
function overlap(one: BypassScope, other: BypassScope): boolean {
  if (one.alarm !== null && other.alarm !== null) return one.alarm === other.alarm;
  const parts = ['device', 'profile', 'point', 'rule'] as const;
  // One alarm stands for its device, profile, point and rule: null there means that it has none, not all of them.
  return (
    one.site === other.site &&
    parts.every((part) => {
      const [a, b] = [one[part], other[part]];
      return a === b || (a === null && one.alarm === null) || (b === null && other.alarm === null);
    })
  );
}

function weightOf(text: string): number {
  let weight = 0;
  for (const [letter] of text.matchAll(/[\p{L}\p{N}]/gu)) weight += /\p{Script=Han}/u.test(letter) ? 2 : 1;
  return weight;
}

function refused(code: BypassRefusal): { readonly kind: 'refused'; readonly code: BypassRefusal } {
  return { kind: 'refused', code };
}
