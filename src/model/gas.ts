/** A reference quantity that a maker, standard or site may set differently, and where this one was taken from. */
export interface GasBasis {
  readonly at: number;
  /** Substance and origin, as `methane, GB/T 50493 annex`. */
  readonly basis: string;
}

/** What a point measures, where a ceiling of a standard goes by it. */
export interface Gas {
  /** `other`: no ceiling applies, as of carbon dioxide in a process. */
  readonly kind: 'combustible' | 'toxic' | 'oxygen' | 'other';
  /** Lower explosive limit in %VOL that %LEL was reckoned with; null = not said. */
  readonly lel: GasBasis | null;
  /** Occupational exposure limit, in the unit of the point; null = not said. */
  readonly oel: GasBasis | null;
}
