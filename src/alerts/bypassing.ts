import type { Alarm, EventDetails } from '../model/alarm.ts';
import type { Bypass, BypassEnd, BypassScope, Cover } from '../model/bypass.ts';
import { AppError } from '../model/error.ts';
import { Deadlines, type Due } from '../rules/deadlines.ts';
import { ulidOf } from '../runtime/identity.ts';
import { type BypassStep, bypassNotice } from './bypass-notice.ts';
import { type Bypasses, isCovered } from './bypasses.ts';
import type { Command, Ledger } from './ledger.ts';
import { holds, type Step } from './machine/step.ts';
import { next } from './machine.ts';
import {
  agree,
  BYPASS_REFUSALS,
  type BypassRefusal,
  type BypassRequest,
  judge,
  type Terms,
} from './policy/governor.ts';

interface Ward extends Due {
  readonly id: string;
}

/** What begins and ends bypasses, and what that makes of the alarms; the ledger's commit makes it durable. */
export class Bypassing {
  readonly book: Bypasses;
  private readonly ledger: Ledger;
  private readonly terms: () => Terms;
  private readonly deadlines = new Deadlines<Ward>();
  private readonly wards = new Map<string, Ward>();

  constructor(book: Bypasses, ledger: Ledger, terms: () => Terms) {
    this.book = book;
    this.ledger = ledger;
    this.terms = terms;
    for (const bypass of book.open()) this.watch(bypass);
  }

  /**
   * Begins a bypass, or takes the request that a second person has to approve. The same rule or window over the same
   * scope, on the same terms, begins once.
   *
   * @throws AppError the governor's refusal (`BYPASS_…`)
   */
  begin(asked: BypassRequest, at: number): Bypass {
    const isByPerson = asked.origin.kind === 'person';
    const known = isByPerson ? undefined : this.book.beside(asked.scope).find((one) => isSame(one, asked));
    if (known) return known;
    // How many there are, and whose, bounds those of persons only.
    const verdict = judge(asked, isByPerson ? this.book.open() : [], this.terms(), at);
    if (verdict.kind === 'refused') throw refusal(verdict.code);
    const { owner, scope, kind, lengthMs } = asked;
    const place = scope.alarm ?? `${scope.site}/${scope.device ?? ''}`;
    const request: Bypass = {
      ...asked,
      id: `byp_${ulidOf(at, kind, place, scope.profile ?? '', scope.point ?? '', scope.rule ?? '', owner, this.ledger.sequence)}`,
      state: 'requested',
      requestedAt: at,
      from: null,
      until: at + this.terms().governor.requestMs,
      since: {},
      warnedAt: null,
      endedAt: null,
      endedBy: null,
      end: null,
      hidden: 0,
    };
    if (verdict.kind === 'requested') {
      this.keep(request, 'requested', at);
      return request;
    }
    const until = lengthMs === null ? null : at + lengthMs;
    return this.start({ ...request, state: 'active', from: at, until, since: verdict.since }, at, {
      by: owner,
      comment: asked.reason,
    });
  }

  /**
   * A second person agrees: the bypass begins now.
   *
   * @throws AppError `BYPASS_UNKNOWN`, or the governor's refusal
   */
  approve(id: string, command: Command, at: number): Bypass {
    const request = this.expect(id);
    const verdict = agree(request, command.by, this.book.open(), this.terms(), at);
    if (verdict.kind === 'refused') throw refusal(verdict.code);
    if (request.scope.alarm !== null && !this.ledger.openWithKey(request.scope.alarm))
      throw refusal('BYPASS_ALARM_OVER');
    const until = request.lengthMs === null ? null : at + request.lengthMs;
    const { since } = verdict;
    return this.start({ ...request, state: 'active', approvedBy: command.by, from: at, until, since }, at, command);
  }

  /**
   * Ends a bypass, or refuses a request, at once: anybody may.
   *
   * @throws AppError `BYPASS_UNKNOWN`, `BYPASS_OVER`
   */
  lift(id: string, command: Command, at: number): Bypass {
    const bypass = this.expect(id);
    if (bypass.state === 'over') throw refusal('BYPASS_OVER');
    return this.end(bypass, bypass.state === 'requested' ? 'refused' : 'lifted', command, at);
  }

  /**
   * Lifts what shelves this alarm alone.
   *
   * @throws AppError `ALARM_NOT_SHELVED`
   */
  unshelve(alarm: Alarm, command: Command, at: number): void {
    const shelves = this.shelvesOf(alarm.key);
    if (shelves.length === 0) throw refusal('ALARM_NOT_SHELVED');
    for (const { id } of shelves) this.lift(id, command, at);
  }

  /** Ends active bypasses of rules and windows: their plant state is over, or they are not configured any more. */
  endWhere(over: (bypass: Bypass) => boolean, at: number): void {
    for (const bypass of this.book.open()) {
      if (bypass.origin.kind === 'person' || !over(bypass)) continue;
      this.end(bypass, bypass.origin.kind === 'rule' ? 'conditionOver' : 'windowOver', null, at);
    }
  }

  /** Ends active bypasses of rules in a scope of the same device, of which `over` is true. */
  endOf(scope: BypassScope, over: (bypass: Bypass) => boolean, at: number): void {
    for (const bypass of this.book.beside(scope)) {
      if (bypass.origin.kind === 'rule' && over(bypass)) this.end(bypass, 'conditionOver', null, at);
    }
  }

  /** True where a person has lifted what a rule or window began at or after `since`, and that is not begun again. */
  wasLifted(asked: BypassRequest, since: number): boolean {
    if (this.book.beside(asked.scope).some((one) => isSame(one, asked))) return false;
    for (const one of this.book.requestedSince(since)) if (one.end === 'lifted' && isSame(one, asked)) return true;
    return false;
  }

  covers(alarm: Alarm): readonly Cover[] {
    return this.book.covers(alarm);
  }

  /** To be told of every change of an alarm: counts what is hidden, and ends what only waited for the alarm's end. */
  changed(before: Alarm | undefined, alarm: Alarm, at: number): void {
    if (alarm.bypass !== null && alarm.bypass !== before?.bypass) {
      const bypass = this.book.get(alarm.bypass);
      if (bypass) this.book.put({ ...bypass, hidden: bypass.hidden + 1 });
    }
    if (this.book.isEmpty || holds(alarm) || !(before && (holds(before) || alarm.state === 'normal'))) return;
    for (const shelf of this.shelvesOf(alarm.key)) {
      const isOver = shelf.state === 'requested' ? alarm.state === 'normal' : shelf.oneShot;
      if (isOver) this.end(shelf, 'cleared', null, at);
    }
  }

  /** Warns of and ends what is due at engine time `at`. */
  tick(at: number): void {
    for (let found = this.deadlines.take(at); found; found = this.deadlines.take(at)) {
      const bypass = this.book.get(found.due.id);
      this.wards.delete(found.due.id);
      if (!bypass || bypass.state === 'over') continue;
      if (bypass.until !== null && at >= bypass.until) {
        this.end(bypass, endInTime(bypass), null, at);
        continue;
      }
      if (this.warnAt(bypass) <= at) this.keep({ ...bypass, warnedAt: at }, 'expiring', at);
      else this.watch(bypass);
    }
  }

  private start(bypass: Bypass, at: number, command: Command): Bypass {
    this.keep(bypass, 'begun', at);
    this.review(bypass, command, at);
    return this.expect(bypass.id);
  }

  private end({ id }: Bypass, end: BypassEnd, command: Command | null, at: number): Bypass {
    // What it has hidden may have been counted since it was looked up, or it may have ended.
    const bypass = this.expect(id);
    if (bypass.state === 'over') return bypass;
    const over: Bypass = { ...bypass, state: 'over', endedAt: at, endedBy: command?.by ?? null, end };
    this.keep(over, 'ended', at);
    if (bypass.state === 'active') this.review(over, command, at);
    return over;
  }

  /** Hides or shows every open alarm in the scope, as the bypasses that are active now say. */
  private review({ scope }: Bypass, command: Command | null, at: number): void {
    const alone = scope.alarm === null ? null : this.ledger.openWithKey(scope.alarm);
    const concerned = scope.alarm === null ? [...this.ledger.openAlarms()] : alone ? [alone] : [];
    for (const alarm of concerned) {
      if (!isCovered(alarm, scope)) continue;
      // Only a person's command about the alarm itself can be refused.
      const step = next(alarm, { kind: 'cover' }, at, this.book.covers(alarm)) as Step;
      this.ledger.take(step, at, command);
    }
  }

  /** What an event says of the bypass with which an alarm begins or ends to be hidden. */
  describe(id: string): EventDetails | null {
    const bypass = this.book.get(id);
    return bypass ? { bypass: id, reason: bypass.reason, until: bypass.until } : null;
  }

  private keep(bypass: Bypass, step: BypassStep, at: number): void {
    this.book.put(bypass);
    this.watch(bypass);
    this.ledger.tell(bypassNotice(bypass, step, at), bypass.id);
  }

  private watch(bypass: Bypass): void {
    if (bypass.state === 'over') return;
    const at = Math.min(bypass.until ?? Number.POSITIVE_INFINITY, this.warnAt(bypass));
    if (at === Number.POSITIVE_INFINITY) return;
    const ward = this.wards.get(bypass.id) ?? {
      id: bypass.id,
      order: bypass.id,
      scheduledAt: Number.POSITIVE_INFINITY,
    };
    this.wards.set(bypass.id, ward);
    this.deadlines.schedule(ward, at);
  }

  /** When its end is to be announced: `warnBefore` ahead, or half way of a short one; never for those by design. */
  private warnAt({ state, origin, warnedAt, from, until }: Bypass): number {
    if (state !== 'active' || origin.kind !== 'person' || warnedAt !== null || from === null || until === null) {
      return Number.POSITIVE_INFINITY;
    }
    return until - Math.min(this.terms().governor.warnBeforeMs, (until - from) / 2);
  }

  private shelvesOf(key: string): readonly Bypass[] {
    return this.book.open().filter(({ kind, scope }) => kind === 'shelf' && scope.alarm === key);
  }

  private expect(id: string): Bypass {
    const bypass = this.book.get(id);
    if (!bypass) throw new AppError('BYPASS_UNKNOWN', `there is no bypass ${id}`);
    return bypass;
  }
}

function endInTime({ state, origin }: Bypass): BypassEnd {
  if (state === 'requested') return 'notApproved';
  switch (origin.kind) {
    case 'person':
      return 'expired';
    case 'rule':
      return 'conditionOver';
    case 'window':
      return 'windowOver';
  }
}

function isSame(one: Bypass, { origin, scope, upTo, reason, owner, approvedBy }: BypassRequest): boolean {
  if (one.origin.kind === 'person' || origin.kind === 'person') return false;
  const { site, device, profile, point, rule } = one.scope;
  return (
    one.origin.kind === origin.kind &&
    one.origin.id === origin.id &&
    one.upTo === upTo &&
    one.reason === reason &&
    one.owner === owner &&
    one.approvedBy === approvedBy &&
    site === scope.site &&
    device === scope.device &&
    profile === scope.profile &&
    point === scope.point &&
    rule === scope.rule
  );
}

function refusal(code: BypassRefusal): AppError {
  return new AppError(code, BYPASS_REFUSALS[code]);
}
