import type { ConditionChange } from '../../model/condition.ts';
import type { CountGroup, CountLevel, CountMember, GroupRule } from '../../model/group.ts';
import { TIERS, type Tier, tierRank } from '../../model/tier.ts';
import type { HoldSnapshot } from '../hold.ts';
import type { ChangeSink } from '../watch.ts';
import { conditionKey, isOfProcess } from './condition-key.ts';
import type { GroupSnapshot, HearingWatch } from './group-watch.ts';
import { Heard, type HeardSnapshot } from './heard.ts';
import { memberName } from './member-name.ts';
import { activeLevel, Steps } from './steps.ts';

interface CountSnapshot extends GroupSnapshot {
  journalSeq: number;
  heard: HeardSnapshot;
  /** By member: the conditions in force and their tiers. */
  inForce: Record<string, [condition: string, tier: Tier][]>;
  holds: HoldSnapshot[];
}

/** A member and what is in force there. */
interface Counted {
  readonly name: string;
  readonly title: string;
  readonly point: string | null;
  readonly inForce: Map<string, Tier>;
  /** Rank of the worst; -1 = nothing. */
  worst: number;
}

/**
 * How many members of a group are in alarm, tier by tier. What says nothing of the process (silence, a wrong clock) does
 * not count.
 */
export class CountWatch implements HearingWatch {
  readonly order: string;
  readonly heard = new Heard();
  scheduledAt = Number.POSITIVE_INFINITY;
  seq = 0;
  savedSeq = 0;
  dirtySince = 0;
  private readonly group: CountGroup;
  private readonly emit: ChangeSink;
  private readonly members: readonly Counted[];
  private readonly membersOf = new Map<string, Counted[]>();
  /** By rank of a tier: members whose worst condition has it. */
  private readonly withWorst: number[] = TIERS.map(() => 0);
  private readonly steps: Steps<CountLevel>;
  private journalSeq = 0;
  private now = 0;
  private recalled: ConditionChange[] = [];

  constructor(group: CountGroup, emit: ChangeSink) {
    this.group = group;
    this.order = `${group.device.key}|count`;
    this.emit = emit;
    this.members = group.members.map((member) => this.counted(member));
    const rule: GroupRule = { id: 'count', spec: { kind: 'count' }, title: null, unit: '', why: group.why };
    this.steps = new Steps(group.levels, (level, origin, effectiveAt) => {
      this.emit({
        device: group.device,
        point: null,
        rule,
        direction: 'count',
        ...(level && { behind: { kind: 'count', members: this.namesOf(level.counting) } }),
        status: 'actual',
        level: level && activeLevel(level, level.at, this.atLeast(level.counting)),
        value: null,
        quality: 'good',
        occurredAt: origin ? origin.occurredAt : effectiveAt,
        receivedAt: origin ? origin.receivedAt : this.now,
        effectiveAt,
        at: this.now,
        journalSeq: this.journalSeq,
      });
    });
  }

  hear(change: ConditionChange): void {
    this.now = change.at;
    this.journalSeq = change.journalSeq;
    if (this.take(change)) this.judge(change.level ? change.occurredAt : change.effectiveAt, change.at);
  }

  recall(change: ConditionChange): void {
    this.recalled.push(change);
  }

  tick(at: number): void {
    this.now = at;
    this.steps.tick(at);
  }

  dueAt(): number {
    return this.steps.dueAt();
  }

  begin(): void {}

  excuse(ms: number): void {
    this.steps.excuse(ms);
  }

  shift(ms: number): void {
    this.steps.shift(ms);
  }

  restate(at: number): void {
    this.now = at;
    this.clear();
    for (const change of this.recalled) this.take(change);
    this.recalled = [];
    this.judge(at, at);
    this.steps.restate(at);
  }

  snapshot(): CountSnapshot {
    const inForce: CountSnapshot['inForce'] = {};
    for (const member of this.members) if (member.inForce.size > 0) inForce[member.name] = [...member.inForce];
    const { seq, journalSeq } = this;
    return { seq, journalSeq, heard: this.heard.snapshot(), inForce, holds: this.steps.snapshot() };
  }

  /** Takes up a snapshot; members and steps that the configuration no longer has are left out. */
  restore(saved: unknown): void {
    const snapshot = saved as CountSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.journalSeq = snapshot.journalSeq;
    this.heard.restore(snapshot.heard, (member) => this.membersOf.has(member));
    this.clear();
    for (const member of this.members) {
      for (const [condition, tier] of snapshot.inForce[member.name] ?? []) member.inForce.set(condition, tier);
      this.rank(member);
    }
    this.steps.restore(snapshot.holds);
  }

  private counted({ device, point }: CountMember): Counted {
    const name = point === null ? device : `${device}.${point}`;
    const title = memberName(device, point, this.group.device.site);
    const member = { name, title, point, inForce: new Map<string, Tier>(), worst: -1 };
    this.membersOf.set(device, [...(this.membersOf.get(device) ?? []), member]);
    return member;
  }

  /** True if some member's worst tier is another now. */
  private take(change: ConditionChange): boolean {
    if (!isOfProcess(change)) return false;
    const key = conditionKey(change);
    let changed = false;
    for (const member of this.membersOf.get(change.device.key) ?? []) {
      if (member.point !== null && member.point !== change.point?.id) continue;
      if (change.level) member.inForce.set(key, change.level.tier);
      else member.inForce.delete(key);
      changed = this.rank(member) || changed;
    }
    return changed;
  }

  private rank(member: Counted): boolean {
    let worst = -1;
    for (const tier of member.inForce.values()) worst = Math.max(worst, tierRank(tier));
    if (worst === member.worst) return false;
    this.add(member.worst, -1);
    this.add(worst, 1);
    member.worst = worst;
    return true;
  }

  private add(rank: number, by: number): void {
    if (rank >= 0) this.withWorst[rank] = (this.withWorst[rank] ?? 0) + by;
  }

  private clear(): void {
    for (const member of this.members) {
      member.inForce.clear();
      this.rank(member);
    }
  }

  private atLeast(tier: Tier): number {
    let count = 0;
    for (let rank = tierRank(tier); rank < this.withWorst.length; rank++) count += this.withWorst[rank] ?? 0;
    return count;
  }

  private namesOf(tier: Tier): string[] {
    const from = tierRank(tier);
    return this.members.filter(({ worst }) => worst >= from).map(({ title }) => title);
  }

  private judge(ts: number, at: number): void {
    this.group.levels.forEach((level, i) => {
      this.steps.judge(i, this.atLeast(level.counting) >= level.at ? 'tripped' : 'cleared', true, ts, at);
    });
    this.steps.announce(ts);
  }
}
