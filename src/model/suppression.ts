import type { Expression } from './rule.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/**
 * Suppression by design (ISA-18.2 state H): while the plant is in a state in which alarms of a device mean nothing, as
 * `!pumpRunning`, they are judged, logged and listed, and nobody is told. It is no alarm, and no rule that makes one.
 */
export interface Suppression {
  /** Unique among the suppressions and rules of the profile. Stable: saved state and the bypasses that it begins go by it. */
  readonly id: string;
  readonly title: Text | null;
  readonly when: Expression;
  /** Most urgent tier that it hides: what is worse breaks through. */
  readonly upTo: Tier;
  /** What it hides: alarms of a point, or of a rule. Both null = everything of the device. */
  readonly hides: readonly { readonly point: string | null; readonly rule: string | null }[];
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  /** It ends after so long, and hides again only when its condition was false in between; null = no such bound. */
  readonly maxMs: number | null;
  readonly reason: string;
  readonly owner: string;
  /** The second person; null where no tier that it hides needs one. */
  readonly approvedBy: string | null;
}
