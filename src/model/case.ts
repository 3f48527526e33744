import type { Tier } from './tier.ts';

/** Closed-loop case beside the alarm: 接警 open, 核实 verifying, 处置 disposing, 反馈 reported, 销号 closed. */
export const CASE_STATES = ['open', 'verifying', 'disposing', 'reported', 'closed'] as const;

export type CaseState = (typeof CASE_STATES)[number];

/** What the verification found (核实). */
export const VERIFICATIONS = ['real', 'false', 'test', 'maintenance', 'processOperation'] as const;

export type Verification = (typeof VERIFICATIONS)[number];

/** What a person did about a case. `evidence`: links to pictures, videos, documents; never fetched. */
export type CaseAction =
  | { readonly kind: 'verify'; readonly result: Verification; readonly method: string | null }
  | { readonly kind: 'dispose'; readonly measures: string }
  | { readonly kind: 'report'; readonly to: string | null }
  | { readonly kind: 'review'; readonly accepted: boolean }
  | { readonly kind: 'supervise'; readonly on: boolean }
  | { readonly kind: 'comment' }
  | { readonly kind: 'close'; readonly cause: string; readonly tuning: boolean }
  | { readonly kind: 'reopen' };

/** One line of a case: who did what, and what they said. Times are epoch milliseconds. */
export interface CaseEntry {
  readonly at: number;
  readonly by: string;
  readonly action: CaseAction;
  readonly comment: string | null;
  readonly evidence: readonly string[];
}

/** The case of one alarm. */
export interface Case {
  readonly alarm: string;
  readonly state: CaseState;
  readonly openedAt: number;
  readonly verification: Verification | null;
  /** Who disposed: nobody closes their own work where the tier is red or orange. */
  readonly disposedBy: readonly string[];
  readonly supervised: boolean;
  /** Most urgent tier that the alarm ever had: its promises hold. */
  readonly tier: Tier;
  /** Promises not kept and told of already: each is told once. */
  readonly overdue: readonly ('report' | 'close')[];
  readonly reportedAt: number | null;
  readonly closedAt: number | null;
  /** Oldest first; bounded. */
  readonly entries: readonly CaseEntry[];
}
