import type { Case, CaseState } from '../model/case.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import { Page } from './page.ts';

export interface CaseFilter {
  /** Without it: all that are not closed. */
  readonly state?: CaseState;
  /** True: only those with a promise that was not kept. */
  readonly overdue?: boolean;
  readonly supervised?: boolean;
  /** Only cases of alarms older than this id: the cursor of a list. */
  readonly before?: string;
  readonly limit: number;
}

/** The cases on disk. A case belongs to one alarm and has its id. */
export class CaseBook {
  readonly page: Page<Case>;
  private readonly table: Table<Case>;
  /** Ids of cases that are not closed. */
  private readonly openIds: Table<true>;
  /** Ids of cases with a promise that may still be broken, so that a start does not read every case there is. */
  private readonly promisedIds: Table<true>;

  constructor(environment: Environment) {
    this.table = environment.table('cases', 'json');
    this.openIds = environment.table('openCases', 'json');
    this.promisedIds = environment.table('promisedCases', 'json');
    this.page = new Page(
      (id) => this.table.get(id),
      (batch, found) => this.write(batch, found),
    );
  }

  get(alarm: string): Case | undefined {
    return this.page.get(alarm);
  }

  put(found: Case): void {
    this.page.put(found.alarm, found);
  }

  /** Cases on disk with a promise that may still be broken. */
  *promised(): Iterable<Case> {
    for (const id of this.promisedIds.getKeys({})) {
      const found = this.table.get(id);
      if (found) yield found;
    }
  }

  /** Newest alarm first. */
  list(filter: CaseFilter): { items: Case[]; next: string | null } {
    const items: Case[] = [];
    const ids = filter.state === 'closed' ? this.table : this.openIds;
    const range = filter.before === undefined ? {} : { start: filter.before, exclusiveStart: true };
    for (const id of ids.getKeys({ reverse: true, ...range })) {
      const found = this.get(String(id));
      if (!found || !matches(found, filter)) continue;
      if (items.length === filter.limit) return { items, next: items.at(-1)?.alarm ?? null };
      items.push(found);
    }
    return { items, next: null };
  }

  /** A case that people have begun is kept until they end it. */
  keeps(alarm: string): boolean {
    const found = this.get(alarm);
    return found !== undefined && found.state !== 'closed' && found.entries.length > 0;
  }

  remove(batch: Batch, alarm: string): void {
    batch.remove(this.table, alarm);
    mark(batch, this.openIds, alarm, false);
    mark(batch, this.promisedIds, alarm, false);
  }

  private write(batch: Batch, found: Case): void {
    batch.put(this.table, found.alarm, found);
    mark(batch, this.openIds, found.alarm, found.state !== 'closed');
    mark(batch, this.promisedIds, found.alarm, hasPromises(found));
  }
}

function matches(found: Case, { state, overdue, supervised }: CaseFilter): boolean {
  if (state === undefined ? found.state === 'closed' : found.state !== state) return false;
  if (overdue !== undefined && found.overdue.length > 0 !== overdue) return false;
  return supervised === undefined || found.supervised === supervised;
}

function hasPromises({ state, overdue, reportedAt }: Case): boolean {
  if (state === 'closed') return false;
  return !overdue.includes('close') || (reportedAt === null && !overdue.includes('report'));
}

function mark(batch: Batch, table: Table<true>, key: string, on: boolean): void {
  if (on) batch.put(table, key, true);
  else batch.remove(table, key);
}
