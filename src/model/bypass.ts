import type { HiddenState } from './alarm.ts';
import type { Tier } from './tier.ts';

/** How an alarm may be hidden (ISA-18.2 G, H, I), weakest first: where several apply, the last names the state. */
export const BYPASS_KINDS = ['shelf', 'suppression', 'outOfService'] as const;

export type BypassKind = (typeof BYPASS_KINDS)[number];

/** A bypass as an alarm sees it. */
export interface Cover {
  readonly id: string;
  readonly kind: BypassKind;
  /** Most urgent tier that it hides. */
  readonly upTo: Tier;
}

/** The state of an alarm that a bypass of this kind hides. */
export const HIDDEN_BY: Readonly<Record<BypassKind, HiddenState>> = {
  shelf: 'shelved',
  suppression: 'suppressed',
  outOfService: 'outOfService',
};

/** What a bypass hides: one alarm by its key; or everything of a device, of a point or a rule of it, of a site or profile. */
export interface BypassScope {
  /** Key of one alarm; then the rest is only for lists. */
  readonly alarm: string | null;
  readonly site: string;
  /** null = all devices of the site. */
  readonly device: string | null;
  readonly profile: string | null;
  readonly point: string | null;
  readonly rule: string | null;
}

/** Why a bypass is over. */
export const BYPASS_ENDS = [
  'expired',
  'lifted',
  'cleared',
  'refused',
  'notApproved',
  'conditionOver',
  'windowOver',
] as const;

export type BypassEnd = (typeof BYPASS_ENDS)[number];

/** Something that hides alarms, with who answers for it. Times are epoch milliseconds. */
export interface Bypass {
  /** `byp_` and a ULID. */
  readonly id: string;
  readonly kind: BypassKind;
  readonly scope: BypassScope;
  /** Most urgent tier that it hides: what becomes more urgent breaks through. */
  readonly upTo: Tier;
  /** Ends when the alarm does (one-shot shelf). */
  readonly oneShot: boolean;
  readonly reason: string;
  readonly owner: string;
  /** The second person; null where none is needed, or while one is waited for. */
  readonly approvedBy: string | null;
  /** `person`, or the id of the suppression rule or maintenance window that began it. */
  readonly origin: { readonly kind: 'person' } | { readonly kind: 'rule' | 'window'; readonly id: string };
  /** Measure that protects meanwhile, and work order: for what is out of service. */
  readonly replacement: string | null;
  readonly workOrder: string | null;
  readonly state: 'requested' | 'active' | 'over';
  readonly requestedAt: number;
  /** When it began to hide; null = not yet. */
  readonly from: number | null;
  /** How long it hides from its beginning; null = until its plant state is over (suppression by rule). */
  readonly lengthMs: number | null;
  /** When it ends by itself, or a request lapses; null = not by itself. */
  readonly until: number | null;
  /**
   * For each tier that it hides: since when its owner alone hides it, with the bypasses that this one renews. What a
   * person may hide alone counts from here; it begins anew when a second person agrees.
   */
  readonly since: Readonly<Partial<Record<Tier, number>>>;
  /** When its end was announced; null = not yet. */
  readonly warnedAt: number | null;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly end: BypassEnd | null;
  /** Alarms it has hidden so far (raised or found). */
  readonly hidden: number;
}
