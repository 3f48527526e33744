import type { Behind, ConditionChange } from '../../model/condition.ts';
import type { FirstOutGroup, FirstOutMember, GroupRule } from '../../model/group.ts';
import type { ChangeSink } from '../watch.ts';
import { conditionKey, isOfProcess } from './condition-key.ts';
import type { GroupSnapshot, HearingWatch } from './group-watch.ts';
import { Heard, type HeardSnapshot } from './heard.ts';

/** A condition of the group. */
interface First {
  /** `cab-001.outletPressure.LL`. */
  name: string;
  /** What people call it; a state saved by an older version does not say. */
  behind?: Behind;
  /** Source time. */
  occurredAt: number;
  receivedAt: number;
}

/** A condition that is over, by source time; it may still have been part of what is in force. */
interface Over {
  readonly first: First;
  readonly endedAt: number;
  /** Engine time at which its end was told of. */
  readonly toldAt: number;
}

interface FirstOutSnapshot extends GroupSnapshot {
  journalSeq: number;
  heard: HeardSnapshot;
  /** States of older versions have the keys alone. */
  inForce: (readonly [key: string, first: First] | string)[];
  over?: Over[];
  first: First | null;
  /** Engine time at which the first of them was told of. */
  latchedAt: number;
}

/**
 * Which of several conditions came first, by source time. It is named from then until all are over. Within the window the
 * order in which they are heard of makes no difference: one that was earlier takes its place, and one that was over before
 * all that are in force gives it back. Of two at the same time the first by name is first. After the window it stands.
 */
export class FirstOutWatch implements HearingWatch {
  readonly order: string;
  readonly heard = new Heard();
  scheduledAt = Number.POSITIVE_INFINITY;
  seq = 0;
  savedSeq = 0;
  dirtySince = 0;
  private readonly group: FirstOutGroup;
  private readonly emit: ChangeSink;
  private readonly rule: GroupRule;
  private readonly membersOf = new Map<string, FirstOutMember[]>();
  private inForce = new Map<string, First>();
  private over: Over[] = [];
  private first: First | null = null;
  private latchedAt = 0;
  private journalSeq = 0;
  private recalled: ConditionChange[] = [];

  constructor(group: FirstOutGroup, emit: ChangeSink) {
    this.group = group;
    this.order = `${group.device.key}|firstOut`;
    this.emit = emit;
    this.rule = { id: 'firstOut', spec: { kind: 'firstOut' }, title: null, unit: '', why: group.why };
    for (const member of group.members) {
      this.membersOf.set(member.device, [...(this.membersOf.get(member.device) ?? []), member]);
    }
  }

  hear(change: ConditionChange): void {
    this.journalSeq = change.journalSeq;
    const key = keyOf(change);
    if (!this.concerns(change)) this.end(key, change.at, change.effectiveAt);
    else if (!this.inForce.has(key)) this.take(key, change, change.at);
  }

  recall(change: ConditionChange): void {
    if (this.concerns(change)) this.recalled.push(change);
  }

  tick(): void {}

  dueAt(): number {
    return Number.POSITIVE_INFINITY;
  }

  begin(): void {}

  excuse(): void {}

  shift(ms: number): void {
    this.latchedAt += ms;
    this.over = this.over.map((one) => ({ ...one, toldAt: one.toldAt + ms }));
  }

  restate(at: number): void {
    const keys = new Set(this.recalled.map(keyOf));
    for (const key of [...this.inForce.keys()]) if (!keys.has(key)) this.end(key, at, at);
    for (const change of this.recalled) {
      const key = keyOf(change);
      if (!this.inForce.has(key)) this.take(key, change, at);
    }
    this.recalled = [];
    if (this.first) this.tell(at, at);
  }

  snapshot(): FirstOutSnapshot {
    const { seq, journalSeq, first, latchedAt, over } = this;
    return { seq, journalSeq, heard: this.heard.snapshot(), inForce: [...this.inForce], over, first, latchedAt };
  }

  restore(saved: unknown): void {
    const snapshot = saved as FirstOutSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.journalSeq = snapshot.journalSeq;
    this.heard.restore(snapshot.heard, (member) => this.membersOf.has(member));
    const { first, inForce } = snapshot;
    this.inForce = new Map(
      inForce.flatMap((one) => (typeof one === 'string' ? (first ? [[one, first] as const] : []) : [one])),
    );
    this.over = snapshot.over ?? [];
    this.first = first;
    this.latchedAt = snapshot.latchedAt;
  }

  /** True if one of the conditions of the group is in force. */
  private concerns(change: ConditionChange): boolean {
    const { level } = change;
    if (!level) return false;
    const members = this.membersOf.get(change.device.key) ?? [];
    return members.some(({ conditions }) => (conditions ? conditions.has(level.condition) : isOfProcess(change)));
  }

  private take(key: string, change: ConditionChange, at: number): void {
    this.inForce.set(key, firstOf(change));
    this.judge(change.effectiveAt, at);
  }

  private end(key: string, at: number, endedAt: number): void {
    const first = this.inForce.get(key);
    if (!first) return;
    this.inForce.delete(key);
    this.over.push({ first, endedAt, toldAt: at });
    this.judge(endedAt, at);
  }

  /** Looks anew which came first, and tells if it is another than before. */
  private judge(effectiveAt: number, at: number): void {
    const { windowMs } = this.group;
    this.over = this.over.filter(({ toldAt }) => at - toldAt <= windowMs);
    const before = this.first;
    if (this.inForce.size === 0) {
      this.first = null;
    } else if (!before) {
      this.latchedAt = at;
      this.first = this.earliest();
    } else if (at - this.latchedAt <= windowMs) {
      this.first = this.earliest();
    }
    if (this.first?.name !== before?.name || this.first?.occurredAt !== before?.occurredAt) this.tell(effectiveAt, at);
  }

  /** The first of those in force and of what they followed upon without a break. */
  private earliest(): First | null {
    let earliest: First | null = null;
    for (const one of this.inForce.values()) if (!earliest || isBefore(one, earliest)) earliest = one;
    for (let found = earliest; found; ) {
      earliest = found;
      found = null;
      for (const { first, endedAt } of this.over) {
        if (endedAt > earliest.occurredAt && isBefore(first, found ?? earliest)) found = first;
      }
    }
    return earliest;
  }

  private tell(effectiveAt: number, at: number): void {
    const { first } = this;
    const { device, tier } = this.group;
    const level = { condition: 'firstOut', rank: 1, tier, limit: null, latch: false, measured: null };
    this.emit({
      device,
      point: null,
      rule: this.rule,
      direction: 'firstOut',
      ...(first?.behind && { behind: first.behind }),
      status: 'actual',
      level: first && level,
      value: first?.name ?? null,
      quality: 'good',
      occurredAt: first?.occurredAt ?? effectiveAt,
      receivedAt: first?.receivedAt ?? at,
      effectiveAt,
      at,
      journalSeq: this.journalSeq,
    });
  }
}

function keyOf(change: ConditionChange): string {
  return `${change.device.key}|${conditionKey(change)}`;
}

function firstOf(change: ConditionChange): First {
  const { device, level, occurredAt, receivedAt } = change;
  return { name: `${device.id}.${level?.condition ?? ''}`, occurredAt, receivedAt, behind: behindOf(change) };
}

function isBefore(one: First, other: First): boolean {
  return one.occurredAt < other.occurredAt || (one.occurredAt === other.occurredAt && one.name < other.name);
}

function behindOf({ device, point, rule, level }: ConditionChange): Behind {
  return {
    kind: 'firstOut',
    device: device.title,
    point: point?.title ?? null,
    rule: rule?.title ?? null,
    condition: level?.condition ?? '',
  };
}
