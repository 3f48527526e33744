import type { EventFilter, LoggedEvent } from './alerts/alarm-log.ts';
import {
  type AlarmFigures,
  type Asked,
  callsOf,
  figuresBy,
  figuresOf,
  type GroupingOf,
} from './alerts/statistics/figures.ts';
import { Fold, hourOf, type Promises } from './alerts/statistics/fold.ts';
import { type Calls, DAY_MS, HOUR_MS, type Span } from './alerts/statistics/load.ts';
import {
  type Counted,
  ROW_KINDS,
  type RowKey,
  type RowKind,
  type RowOf,
  type Rows,
  type Trail,
} from './alerts/statistics/rows.ts';
import type { Batch, Environment, Table } from './runtime/database.ts';
import type { Logger } from './runtime/log.ts';

/** What statistics ask of the rest. */
export interface StatisticsDeps {
  readonly environment: Environment;
  /** The event log, oldest first. */
  readonly events: (filter: EventFilter) => { items: LoggedEvent[]; next: number | null };
  /** What the tiers promise now. */
  readonly promises: () => Promises;
  readonly now: () => number;
  readonly log: Logger;
}

export interface StatisticsQuery extends Span {
  readonly operators: number;
  /** null = all together. */
  readonly by: GroupingOf | null;
}

/** Figures of a span; `groups` is empty where nothing was to be told apart. */
export interface StatisticsAnswer extends StatisticsQuery {
  readonly all: AlarmFigures;
  /** Calls of all by minute. */
  readonly calls: readonly Calls[];
  readonly groups: readonly { readonly name: string; readonly figures: AlarmFigures }[];
}

export interface Statistics {
  /** Counts what the log has by now; resolves when that is on disk. */
  catchUp(): Promise<void>;
  /** The figures of a span, up to date. A long one is read in parts, so that nothing else waits for it. */
  ask(query: StatisticsQuery): Promise<StatisticsAnswer>;
  /** Counts on, every second. */
  start(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Events of one commit. */
const EVENTS_AT_ONCE = 500;
/** Rows that are read before others get a turn. */
const ROWS_AT_ONCE = 2_000;
/** Rows are kept for so long: a year against the year before. */
const KEPT_MS = 800 * DAY_MS;
/** A case that nobody has closed for so long will not be: it counts as missed until then [D]. */
const CASE_MS = 90 * DAY_MS;
const PRUNED_AT_ONCE = 5_000;
/** Sorts behind every id and every number. */
const LAST = '\uffff';

/**
 * The figures of alarm management, folded from the event log into hourly rows on disk. Rows and the sequence that they
 * reach are one commit: a restart goes on with the next event, and none counts twice.
 */
export function createStatistics(deps: StatisticsDeps): Statistics {
  const { environment } = deps;
  const shelf = new RowShelf(environment);
  const fold = new Fold(shelf, shelf.trails());
  let reached = shelf.reached();
  let underWay: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let prunedAt = 0;

  async function count(): Promise<void> {
    for (;;) {
      const { items, next } = deps.events({ after: reached, limit: EVENTS_AT_ONCE });
      const last = items.at(-1);
      if (!last) return;
      for (const event of items) if ('alarm' in event) fold.take(event, deps.promises());
      reached = last.sequence;
      await environment.commit((batch) => shelf.write(batch, reached));
      shelf.written();
      if (next === null) return;
    }
  }

  function catchUp(): Promise<void> {
    underWay ??= count().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  async function work(): Promise<void> {
    await catchUp();
    const now = deps.now();
    if (now - prunedAt < PRUNE_EVERY_MS) return;
    prunedAt = now;
    await environment.commit((batch) => shelf.prune(batch, hourOf(now - KEPT_MS), now - CASE_MS));
  }

  return {
    catchUp,
    async ask(query) {
      await catchUp();
      const counted = await shelf.read(query);
      const asked: Asked = { span: query, operators: query.operators, promises: deps.promises() };
      const groups = query.by === null ? [] : figuresBy(counted, query.by, asked);
      return { ...query, all: figuresOf(counted, asked), calls: callsOf(counted, query), groups };
    },
    start() {
      timer ??= setInterval(() => {
        work().catch((error: unknown) => deps.log.error({ err: error }, 'statistics could not be counted'));
      }, EVERY_MS);
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      await catchUp().catch(() => {});
    },
  };
}

type TableOf = { readonly [K in RowKind]: Table<RowOf[K]> };
type Memory = { readonly [K in RowKind]: Map<string, RowOf[K]> | null };
type Pending = { readonly [K in RowKind]: Map<string, { readonly key: RowKey; readonly row: RowOf[K] | null }> };

/** The rows on disk, and those that wait for the next commit. All kinds share a table: the kind begins their key. */
class RowShelf implements Rows {
  private readonly tables: TableOf;
  private readonly positions: Table<number>;
  /** What is looked up all the time, or by every question, and is never much: it is on disk too. */
  private readonly memory: Memory = { bucket: null, actor: null, watch: new Map(), trail: new Map(), stale: null };
  private readonly pending: Pending = {
    bucket: new Map(),
    actor: new Map(),
    watch: new Map(),
    trail: new Map(),
    stale: new Map(),
  };

  constructor(environment: Environment) {
    const table = <V>() => environment.table<V>('statistics', 'json');
    this.tables = { bucket: table(), actor: table(), watch: table(), trail: table(), stale: table() };
    this.positions = table();
    for (const [key, watch] of this.range('watch', [], [])) this.memory.watch?.set(JSON.stringify(key), watch);
    for (const [key, trail] of this.range('trail', [], [])) this.memory.trail?.set(JSON.stringify(key), trail);
  }

  /** Sequence of the last event that is counted; 0 = none. */
  reached(): number {
    return this.positions.get(['reached']) ?? 0;
  }

  change<K extends RowKind>(kind: K, key: RowKey, make: () => RowOf[K]): RowOf[K] {
    const row = this.find(kind, key) ?? make();
    const id = JSON.stringify(key);
    this.pending[kind].set(id, { key, row });
    this.memory[kind]?.set(id, row);
    return row;
  }

  find<K extends RowKind>(kind: K, key: RowKey): RowOf[K] | undefined {
    const id = JSON.stringify(key);
    const memory = this.memory[kind];
    if (memory) return memory.get(id);
    const waiting = this.pending[kind].get(id);
    if (waiting) return waiting.row ?? undefined;
    return this.tables[kind].get([kind, ...key]);
  }

  drop(kind: RowKind, key: RowKey): void {
    const id = JSON.stringify(key);
    this.pending[kind].set(id, { key, row: null });
    this.memory[kind]?.delete(id);
  }

  write(batch: Batch, reached: number): void {
    for (const kind of ROW_KINDS) this.writeKind(batch, kind);
    batch.put(this.positions, ['reached'], reached);
  }

  /** What was written is on disk; only one commit is under way at a time. */
  written(): void {
    for (const kind of ROW_KINDS) this.pending[kind].clear();
  }

  /** The trails, by the key of their alarm. */
  *trails(): Iterable<readonly [key: string, trail: Trail]> {
    for (const [[key], trail] of this.range('trail', [], [])) yield [String(key), trail];
  }

  /** The rows that figures of a span are made of. */
  async read({ from, to }: Span): Promise<Counted> {
    const [first, end] = [[hourOf(from)], [hourOf(to - 1) + 1]];
    const buckets = await gathered(this.range('bucket', first, end), ([[hour, site, grid, profile, tier], bucket]) => {
      const place = { site: String(site), grid: String(grid), profile: String(profile), tier };
      return { hour: Number(hour), place: place as Counted['buckets'][number]['place'], bucket };
    });
    const actors = await gathered(this.range('actor', first, end), ([[hour, key], actor]) => {
      return { hour: Number(hour), key: String(key), actor };
    });
    const stale = await gathered(this.range('stale', [], [to]), ([, span]) => span);
    return { buckets, actors, stale, watches: [...(this.memory.watch?.values() ?? [])] };
  }

  /** Removes some thousand rows of hours before `hour`, and cases that nobody has closed since `openedBefore`. */
  prune(batch: Batch, hour: number, openedBefore: number): void {
    for (const [id, { since, annunciatedAt, openedAt }] of this.memory.watch ?? []) {
      if (since !== null || annunciatedAt !== null || openedAt === null || openedAt >= openedBefore) continue;
      this.memory.watch?.delete(id);
      batch.remove(this.tables.watch, ['watch', ...(JSON.parse(id) as string[])]);
    }
    this.pruneKind(batch, 'bucket', hour);
    this.pruneKind(batch, 'actor', hour);
    this.pruneKind(batch, 'stale', hour * HOUR_MS);
  }

  private pruneKind<K extends RowKind>(batch: Batch, kind: K, hour: number): void {
    const range = { start: [kind], end: [kind, hour], limit: PRUNED_AT_ONCE };
    for (const key of this.tables[kind].getKeys(range)) batch.remove(this.tables[kind], key);
  }

  private *range<K extends RowKind>(
    kind: K,
    from: RowKey,
    to: RowKey,
  ): Iterable<readonly [key: RowKey, row: RowOf[K]]> {
    const end = [kind, ...(to.length === 0 ? [LAST] : to)];
    for (const { key, value } of this.tables[kind].getRange({ start: [kind, ...from], end })) {
      yield [(key as (string | number)[]).slice(1), value];
    }
  }

  private writeKind<K extends RowKind>(batch: Batch, kind: K): void {
    for (const { key, row } of this.pending[kind].values()) {
      if (row === null) batch.remove(this.tables[kind], [kind, ...key]);
      else batch.put(this.tables[kind], [kind, ...key], row);
    }
  }
}

/** Reads a long list in parts, so that alarms do not wait for a question. */
async function gathered<T, R>(rows: Iterable<T>, read: (row: T) => R): Promise<R[]> {
  const found: R[] = [];
  for (const row of rows) {
    found.push(read(row));
    if (found.length % ROWS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}
