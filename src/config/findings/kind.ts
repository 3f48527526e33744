/** Where a practice comes from. */
export interface FindingSource {
  /** Standard and clause, or the practice by its name. */
  readonly text: string;
  /**
   * `verified`: the figure was read in a text that quotes the clause; `memory`: from memory, to be checked in the
   * standard itself; `own`: a default of this engine, behind which stands no standard.
   */
  readonly basis: 'verified' | 'memory' | 'own';
}

export type FindingSeverity = 'error' | 'warning' | 'info';

/** What is known of all findings of one code. */
export interface FindingKind {
  /** `DL` and three digits; never given to another code. */
  readonly number: string;
  /** `error`: the configuration is refused; `warning`: most likely wrong; `info`: worth a look. */
  readonly severity: FindingSeverity;
  /** One paragraph: what it means, why it matters, what to do. */
  readonly explanation: string;
  /** null: it follows from how the engine works, not from a practice. */
  readonly source: FindingSource | null;
}

/** A finding that refuses the configuration. `number` is that of its DL number. */
export function error(number: number, explanation: string, source: FindingSource | null = null): FindingKind {
  return { number: `DL${number}`, severity: 'error', explanation, source };
}

/** A finding that a person should mend, or allow with a reason. */
export function warning(number: number, explanation: string, source: FindingSource | null = null): FindingKind {
  return { number: `DL${number}`, severity: 'warning', explanation, source };
}

/** A finding that is often as it should be. */
export function info(number: number, explanation: string, source: FindingSource | null = null): FindingKind {
  return { number: `DL${number}`, severity: 'info', explanation, source };
}

/** A practice whose figure was read in a text that quotes it. */
export function verified(text: string): FindingSource {
  return { text, basis: 'verified' };
}

/** A practice remembered, not looked up. */
export function memory(text: string): FindingSource {
  return { text, basis: 'memory' };
}

/** A default of this engine. */
export function own(text: string): FindingSource {
  return { text, basis: 'own' };
}
