import type { ActiveLevel, Behind } from '../../model/condition.ts';
import type { GroupLevel, GroupRule, VoteGroup, VoteLevel } from '../../model/group.ts';
import type { Quality } from '../../model/quality.ts';
import type { Reading, Value } from '../../model/reading.ts';
import type { Hold, HoldSnapshot } from '../hold.ts';
import type { Held } from '../source-order.ts';
import type { ChangeSink } from '../watch.ts';
import { type ChannelSnapshot, ChannelWatch } from './channel-watch.ts';
import type { GroupSnapshot, SampleWatch } from './group-watch.ts';
import { Heard, type HeardSnapshot } from './heard.ts';
import { memberName } from './member-name.ts';
import { Spread } from './spread.ts';
import { activeLevel, Steps } from './steps.ts';
import { type SideSink, VoteSide } from './vote-side.ts';

interface VoteSnapshot extends GroupSnapshot {
  journalSeq?: number;
  heard?: HeardSnapshot;
  unit?: string;
  channels: Record<string, ChannelSnapshot>;
  high: HoldSnapshot[];
  low: HoldSnapshot[];
  degraded: HoldSnapshot[];
  deviation: HoldSnapshot[];
}

/**
 * MooN voting that degrades with the health of its channels. A channel is good, beyond a limit, or bad (quality bad, no
 * value, silent for too long).
 *
 * `safe`: a bad channel counts as a vote, 2oo3 becomes 1oo2. One real vote is needed all the same as long as M channels
 * are good, so that a flat battery alone is no gas alarm in 1ooN; with fewer, it trips. `available`: a bad channel is
 * left out, 2oo3 becomes 2oo2 and then 1oo1; with none left it says nothing. Under either no alarm ends because a channel
 * was lost, and a bad channel is an alarm of its own. All delays and windows run by engine time: the channels have clocks of their own.
 *
 * Each device's samples count in the order in which it judges them itself. By arrival, one that was overtaken has no vote,
 * not even within the lateness: the newest says how things are now. Put in the order of their source, they count when
 * their turn comes, each once. Unnumbered, that is a fixed time after their own, so that the votes of several devices, too,
 * are the same in any order of arrival within the lateness. Numbered ones do not wait for each other: then it is the
 * votes of one device that are, while those of several meet as they arrive, since no vote for a trip is held up.
 */
export class VoteWatch implements SampleWatch {
  readonly order: string;
  readonly heard = new Heard();
  scheduledAt = Number.POSITIVE_INFINITY;
  seq = 0;
  savedSeq = 0;
  dirtySince = 0;
  private readonly group: VoteGroup;
  private readonly latenessMs: number;
  private readonly emit: ChangeSink;
  private readonly channels: readonly ChannelWatch[];
  private readonly channelsOf = new Map<string, ChannelWatch[]>();
  private readonly high: VoteSide;
  private readonly low: VoteSide;
  private readonly degraded: Steps<GroupLevel>;
  private readonly deviation: Steps<GroupLevel>;
  private readonly spread = new Spread();
  /** Votes that the most demanding limit needs. */
  private readonly mostNeeded: number;
  private bad = 0;
  private journalSeq = 0;
  private now = 0;

  constructor(group: VoteGroup, latenessMs: number, emit: ChangeSink) {
    this.group = group;
    this.order = `${group.device.key}|vote`;
    this.latenessMs = latenessMs;
    this.emit = emit;
    const levels = [...group.high, ...group.low];
    this.channels = group.channels.map((one) => new ChannelWatch(one, levels, group.windowMs, group.staleMs));
    group.channels.forEach(({ device }, i) => {
      const watch = this.channels[i];
      if (watch) this.channelsOf.set(device, [...(this.channelsOf.get(device) ?? []), watch]);
    });
    this.mostNeeded = Math.max(0, ...levels.map(({ needed }) => needed));
    const { onBadChannel, high, low } = group;
    this.high = new VoteSide(high, 0, this.channels, onBadChannel, this.sideSink('high'));
    this.low = new VoteSide(low, high.length, this.channels, onBadChannel, this.sideSink('low'));
    this.degraded = this.degradedSteps();
    this.deviation = this.deviationSteps();
  }

  observe(reading: Reading, seq: number): void {
    this.seq = seq;
    this.release(reading.device.key, reading, reading.receivedAt, seq);
  }

  release(key: string, { values, qualities, ts }: Held, at: number, journalSeq: number): void {
    this.journalSeq = journalSeq;
    this.now = at;
    let taken = false;
    for (const channel of this.channelsOf.get(key) ?? []) {
      const value = values[channel.index];
      if (value === undefined) continue;
      taken = channel.take(value, qualities?.[channel.index] ?? 'good', ts, at, this.latenessMs) || taken;
    }
    if (taken) this.judge(ts, at);
  }

  tick(at: number): void {
    this.now = at;
    for (const steps of this.everySteps()) steps.tick(at);
    let changed = false;
    for (const channel of this.channels) changed = channel.tick(at) || changed;
    if (changed) this.judge(at, at);
  }

  dueAt(): number {
    let due = Math.min(this.high.steps.dueAt(), this.low.steps.dueAt(), this.degraded.dueAt(), this.deviation.dueAt());
    for (const channel of this.channels) due = Math.min(due, channel.dueAt());
    return due;
  }

  begin(at: number): void {
    for (const channel of this.channels) channel.begin(at);
  }

  excuse(ms: number): void {
    for (const steps of this.everySteps()) steps.excuse(ms);
    for (const channel of this.channels) channel.excuse(ms);
  }

  shift(ms: number, at: number): void {
    for (const steps of this.everySteps()) steps.shift(ms);
    for (const channel of this.channels) channel.shift(ms, at);
  }

  restate(at: number): void {
    this.now = at;
    for (const steps of this.everySteps()) steps.restate(at);
  }

  snapshot(): VoteSnapshot {
    const channels: Record<string, ChannelSnapshot> = {};
    for (const channel of this.channels) channels[channel.id] = channel.snapshot();
    return {
      seq: this.seq,
      journalSeq: this.journalSeq,
      heard: this.heard.snapshot(),
      unit: this.group.unit,
      channels,
      high: this.high.steps.snapshot(),
      low: this.low.steps.snapshot(),
      degraded: this.degraded.snapshot(),
      deviation: this.deviation.snapshot(),
    };
  }

  /**
   * Takes up a snapshot; channels and limits that the configuration no longer has are left out. In another unit the
   * votes stand until their channels say something new, but the values mean nothing.
   */
  restore(saved: unknown): void {
    const snapshot = saved as VoteSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.journalSeq = snapshot.journalSeq ?? snapshot.seq;
    this.heard.restore(snapshot.heard ?? [], (member) => this.channelsOf.has(member));
    const { unit } = this.group;
    const isSameUnit = (snapshot.unit ?? unit) === unit;
    for (const channel of this.channels) {
      const state = snapshot.channels[channel.id];
      if (state) channel.restore(isSameUnit ? state : { ...state, value: null });
    }
    this.high.steps.restore(snapshot.high);
    this.low.steps.restore(snapshot.low);
    this.degraded.restore(snapshot.degraded);
    this.deviation.restore(snapshot.deviation);
    this.measure();
    this.high.count(this.bad);
    this.low.count(this.bad);
  }

  private judge(ts: number, at: number): void {
    this.measure();
    const { bad, channels } = this;
    this.high.judge(bad, ts, at);
    this.low.judge(bad, ts, at);
    this.degraded.judge(0, bad > 0 ? 'tripped' : 'cleared', true, ts, at);
    this.degraded.judge(1, channels.length - bad < this.mostNeeded ? 'tripped' : 'cleared', true, ts, at);
    this.degraded.announce(ts);
    const { deviation } = this.group;
    const { distance } = this.spread;
    if (!deviation) return;
    const inside = distance !== null && distance < deviation.by - deviation.deadband;
    const beyond = distance !== null && distance >= deviation.by;
    this.deviation.judge(0, beyond ? 'tripped' : inside ? 'cleared' : 'between', distance !== null, ts, at);
    this.deviation.announce(ts);
  }

  private measure(): void {
    this.bad = 0;
    for (const channel of this.channels) if (channel.bad) this.bad++;
    this.spread.measure(this.channels);
  }

  private sideSink(id: string): SideSink {
    const rule = this.rule(id, 'vote', '');
    return (level, votes, needed, origin, effectiveAt) => {
      const active = level && activeLevel(level, needed, votes);
      this.tell(rule, active, this.spread.median, origin, effectiveAt, level && this.behind(level));
    };
  }

  private degradedSteps(): Steps<GroupLevel> {
    const rule = this.rule('degraded', 'degraded', '');
    const { degraded } = this.group;
    return new Steps<GroupLevel>(degraded, (level, origin, effectiveAt) => {
      const limit = level === degraded[1] ? this.mostNeeded : this.channels.length;
      const active = level && activeLevel(level, limit, this.channels.length - this.bad);
      this.tell(rule, active, null, origin, effectiveAt);
    });
  }

  private deviationSteps(): Steps<GroupLevel> {
    const rule = this.rule('deviation', 'deviation', this.group.unit);
    const { deviation } = this.group;
    return new Steps<GroupLevel>(deviation ? [deviation] : [], (level, origin, effectiveAt) => {
      const active = level && activeLevel(level, deviation?.by ?? null, this.spread.distance);
      this.tell(rule, active, this.spread.furthest?.id ?? null, origin, effectiveAt);
    });
  }

  private rule(id: string, kind: GroupRule['spec']['kind'], unit: string): GroupRule {
    return { id, spec: { kind }, title: null, unit, why: this.group.why };
  }

  private behind(level: VoteLevel): Behind {
    const { unit, windowMs, onBadChannel, high, low, channels, device } = this.group;
    const index = [...high, ...low].indexOf(level);
    const voting = channels.flatMap((channel, i) => {
      const watch = this.channels[i];
      if (!watch || watch.bad || !watch.votesFor(index)) return [];
      const alone = this.channelsOf.get(channel.device)?.length === 1;
      return [memberName(channel.device, alone ? null : channel.point, device.site)];
    });
    return {
      kind: 'vote',
      at: level.at,
      unit,
      windowMs,
      channels: channels.length,
      voting,
      lost: this.bad,
      lostCount: onBadChannel === 'safe',
    };
  }

  private everySteps(): readonly Pick<Steps<GroupLevel>, 'tick' | 'excuse' | 'shift' | 'restate'>[] {
    return [this.high.steps, this.low.steps, this.degraded, this.deviation];
  }

  /** The worst quality among the channels that are not bad; bad where none is left. */
  private quality(): Quality {
    if (this.bad === this.channels.length) return 'bad';
    return this.channels.some(({ bad, quality }) => !bad && quality === 'uncertain') ? 'uncertain' : 'good';
  }

  private tell(
    rule: GroupRule,
    level: ActiveLevel | null,
    value: Value,
    origin: Hold | null,
    effectiveAt: number,
    behind: Behind | null = null,
  ): void {
    this.emit({
      device: this.group.device,
      point: null,
      rule,
      direction: rule.spec.kind,
      status: 'actual',
      ...(behind && { behind }),
      level,
      value,
      quality: this.quality(),
      occurredAt: origin ? origin.occurredAt : effectiveAt,
      receivedAt: origin ? origin.receivedAt : this.now,
      effectiveAt,
      at: this.now,
      journalSeq: this.journalSeq,
    });
  }
}
