import type { Alarm } from '../model/alarm.ts';
import type { Bypass, BypassScope, Cover } from '../model/bypass.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import { Page } from './page.ts';

export interface BypassFilter {
  /** Without it: all that are requested or active. */
  readonly state?: Bypass['state'];
  readonly site?: string;
  /** Only bypasses older than this id: the cursor of a list. */
  readonly before?: string;
  readonly limit: number;
}

const NONE: readonly Cover[] = [];
const PRUNE_AT_ONCE = 5_000;

/**
 * The book of bypasses on disk: those that are requested or active in memory too, found by what they cover. What is
 * over stays in it.
 */
export class Bypasses {
  readonly page: Page<Bypass>;
  private readonly table: Table<Bypass>;
  private readonly openIds: Table<true>;
  private readonly opened = new Map<string, Bypass>();
  /** Ids of active bypasses by what an alarm looks for: its key, its device, its site. */
  private readonly covering = new Map<string, Set<string>>();

  constructor(environment: Environment) {
    this.table = environment.table('bypasses', 'json');
    this.openIds = environment.table('openBypasses', 'json');
    this.page = new Page(
      (id) => this.table.get(id),
      (batch, bypass) => this.write(batch, bypass),
    );
    for (const id of this.openIds.getKeys({})) {
      const bypass = this.table.get(id);
      if (bypass) this.index(bypass);
    }
  }

  get(id: string): Bypass | undefined {
    return this.opened.get(id) ?? this.page.get(id);
  }

  /** True when none is requested or active. */
  get isEmpty(): boolean {
    return this.opened.size === 0;
  }

  /** Requested and active ones. */
  open(): readonly Bypass[] {
    return [...this.opened.values()];
  }

  /** Active ones in a scope of the same alarm, device or site. */
  beside(scope: BypassScope): readonly Bypass[] {
    return [...(this.covering.get(placeOf(scope)) ?? [])].flatMap((id) => this.opened.get(id) ?? []);
  }

  put(bypass: Bypass): void {
    this.unindex(bypass.id);
    this.index(bypass);
    this.page.put(bypass.id, bypass);
  }

  /** Active bypasses that apply to an alarm, whatever its tier. */
  covers(alarm: Alarm): readonly Cover[] {
    if (this.covering.size === 0) return NONE;
    const found: Bypass[] = [];
    for (const place of placesOf(alarm.key, alarm.site, alarm.device)) {
      for (const id of this.covering.get(place) ?? []) {
        const bypass = this.opened.get(id);
        if (bypass && isCovered(alarm, bypass.scope)) found.push(bypass);
      }
    }
    return found.length === 0 ? NONE : found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Those on disk that were requested at or after `since`, as they are by now; newest first. */
  *requestedSince(since: number): Iterable<Bypass> {
    for (const { value } of this.table.getRange({ reverse: true })) {
      if (value.requestedAt < since) return;
      yield this.get(value.id) ?? value;
    }
  }

  /** Newest first. */
  list(filter: BypassFilter): { items: Bypass[]; next: string | null } {
    const items: Bypass[] = [];
    for (const bypass of filter.state === 'over' ? this.newest(filter.before) : this.newestOpen(filter.before)) {
      if (filter.state !== undefined && bypass.state !== filter.state) continue;
      if (filter.site !== undefined && bypass.scope.site !== filter.site) continue;
      if (items.length === filter.limit) return { items, next: items.at(-1)?.id ?? null };
      items.push(bypass);
    }
    return { items, next: null };
  }

  /** Ids of some thousand that were over before `before`. */
  endedBefore(before: number): string[] {
    const ids: string[] = [];
    // Ids begin with the time of the request, so the oldest come first.
    for (const { value } of this.table.getRange({ limit: PRUNE_AT_ONCE })) {
      if (value.requestedAt >= before) break;
      if (value.endedAt !== null && value.endedAt < before) ids.push(value.id);
    }
    return ids;
  }

  remove(batch: Batch, ids: readonly string[]): void {
    for (const id of ids) batch.remove(this.table, id);
  }

  private newestOpen(before: string | undefined): Bypass[] {
    const older = this.open().filter(({ id }) => before === undefined || id < before);
    return older.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  private *newest(before: string | undefined): Iterable<Bypass> {
    const range = before === undefined ? {} : { start: before, exclusiveStart: true };
    for (const { value } of this.table.getRange({ reverse: true, ...range })) yield value;
  }

  private index(bypass: Bypass): void {
    if (bypass.state === 'over') return;
    this.opened.set(bypass.id, bypass);
    if (bypass.state !== 'active') return;
    const place = placeOf(bypass.scope);
    const ids = this.covering.get(place) ?? new Set();
    this.covering.set(place, ids.add(bypass.id));
  }

  private unindex(id: string): void {
    const known = this.opened.get(id);
    if (!known) return;
    this.opened.delete(id);
    const place = placeOf(known.scope);
    const ids = this.covering.get(place);
    ids?.delete(id);
    if (ids?.size === 0) this.covering.delete(place);
  }

  private write(batch: Batch, bypass: Bypass): void {
    batch.put(this.table, bypass.id, bypass);
    if (bypass.state === 'over') batch.remove(this.openIds, bypass.id);
    else batch.put(this.openIds, bypass.id, true);
  }
}

/** True where the scope takes in the alarm. */
export function isCovered(alarm: Alarm, scope: BypassScope): boolean {
  if (scope.alarm !== null) return scope.alarm === alarm.key;
  return (
    scope.site === alarm.site &&
    (scope.device === null || scope.device === alarm.device) &&
    (scope.profile === null || scope.profile === alarm.profile) &&
    (scope.point === null || scope.point === alarm.point) &&
    (scope.rule === null || scope.rule === alarm.rule)
  );
}

/** Where an alarm finds the bypass. Keys of alarms hold a `|`, names of sites and devices do not. */
function placeOf({ alarm, site, device }: BypassScope): string {
  return alarm ?? (device === null ? site : `${site}/${device}`);
}

function placesOf(key: string, site: string, device: string): readonly string[] {
  return [key, `${site}/${device}`, site];
}
