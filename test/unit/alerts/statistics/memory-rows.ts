import {
  type Counted,
  ROW_KINDS,
  type RowKey,
  type RowKind,
  type RowOf,
  type Rows,
} from '../../../../src/alerts/statistics/rows.ts';

/** Rows in memory. */
export class MemoryRows implements Rows {
  private readonly kept: { readonly [K in RowKind]: Map<string, RowOf[K]> } = {
    bucket: new Map(),
    actor: new Map(),
    watch: new Map(),
    trail: new Map(),
    stale: new Map(),
  };

  change<K extends RowKind>(kind: K, key: RowKey, make: () => RowOf[K]): RowOf[K] {
    const row = this.find(kind, key) ?? make();
    this.kept[kind].set(JSON.stringify(key), row);
    return row;
  }

  find<K extends RowKind>(kind: K, key: RowKey): RowOf[K] | undefined {
    return this.kept[kind].get(JSON.stringify(key));
  }

  drop(kind: RowKind, key: RowKey): void {
    this.kept[kind].delete(JSON.stringify(key));
  }

  all<K extends RowKind>(kind: K): [key: (string | number)[], row: RowOf[K]][] {
    return [...this.kept[kind]].map(([key, row]) => [JSON.parse(key) as (string | number)[], row]);
  }

  /** As a commit and a start: what was read is a copy of what was written. */
  reopened(): MemoryRows {
    const copy = new MemoryRows();
    for (const kind of ROW_KINDS) this.copyTo(copy, kind);
    return copy;
  }

  counted(): Counted {
    return {
      buckets: this.all('bucket').map(([[hour, site, grid, profile, tier], bucket]) => ({
        hour: Number(hour),
        place: { site, grid, profile, tier } as Counted['buckets'][number]['place'],
        bucket,
      })),
      actors: this.all('actor').map(([[hour, key], actor]) => ({ hour: Number(hour), key: String(key), actor })),
      stale: this.all('stale').map(([, span]) => span),
      watches: this.all('watch').map(([, watch]) => watch),
    };
  }

  private copyTo<K extends RowKind>(copy: MemoryRows, kind: K): void {
    for (const [key, row] of this.kept[kind]) copy.kept[kind].set(key, structuredClone(row));
  }
}
