import type { Behind, ConditionChange } from '../../model/condition.ts';
import type { FirstOutGroup, FirstOutMember, GroupRule } from '../../model/group.ts';
import type { ChangeSink } from '../watch.ts';
import { conditionKey, isOfProcess } from './condition-key.ts';
import type { GroupSnapshot, HearingWatch } from './group-watch.ts';
import { Heard, type HeardSnapshot } from './heard.ts';

/** The condition that came first. */
interface First {
  /** `cab-001.outletPressure.LL`. */
  name: string;
  /** What people call it; a state saved by an older version does not say. */
  behind?: Behind;
  /** Source time. */
  occurredAt: number;
  receivedAt: number;
}

interface FirstOutSnapshot extends GroupSnapshot {
  journalSeq: number;
  heard: HeardSnapshot;
  inForce: string[];
  first: First | null;
  /** Engine time at which the first of them was told of. */
  latchedAt: number;
}

/**
 * Which of several conditions came first, by source time. It is named from then until all are over. One that is heard
 * of later but was earlier takes its place, within the window.
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
  private inForce = new Set<string>();
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
    const key = `${change.device.key}|${conditionKey(change)}`;
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
  }

  restate(at: number): void {
    const keys = new Set(this.recalled.map((change) => `${change.device.key}|${conditionKey(change)}`));
    for (const key of [...this.inForce]) if (!keys.has(key)) this.end(key, at, at);
    for (const change of this.recalled) {
      const key = `${change.device.key}|${conditionKey(change)}`;
      if (!this.inForce.has(key)) this.take(key, change, at);
    }
    this.recalled = [];
    if (this.first) this.tell(at, at);
  }

  snapshot(): FirstOutSnapshot {
    const { seq, journalSeq, first, latchedAt } = this;
    return { seq, journalSeq, heard: this.heard.snapshot(), inForce: [...this.inForce], first, latchedAt };
  }

  restore(saved: unknown): void {
    const snapshot = saved as FirstOutSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.journalSeq = snapshot.journalSeq;
    this.heard.restore(snapshot.heard, (member) => this.membersOf.has(member));
    this.inForce = new Set(snapshot.inForce);
    this.first = snapshot.first;
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
    this.inForce.add(key);
    const { occurredAt, receivedAt, effectiveAt } = change;
    const name = `${change.device.id}.${change.level?.condition ?? ''}`;
    if (this.first) {
      if (occurredAt >= this.first.occurredAt || at - this.latchedAt > this.group.windowMs) return;
    } else {
      this.latchedAt = at;
    }
    this.first = { name, occurredAt, receivedAt, behind: behindOf(change) };
    this.tell(effectiveAt, at);
  }

  private end(key: string, at: number, effectiveAt: number): void {
    if (!this.inForce.delete(key) || this.inForce.size > 0) return;
    this.first = null;
    this.tell(effectiveAt, at);
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

function behindOf({ device, point, rule, level }: ConditionChange): Behind {
  return {
    kind: 'firstOut',
    device: device.title,
    point: point?.title ?? null,
    rule: rule?.title ?? null,
    condition: level?.condition ?? '',
  };
}
