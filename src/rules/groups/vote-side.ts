import type { VoteGroup, VoteLevel } from '../../model/group.ts';
import type { Verdict } from '../hold.ts';
import type { ChannelWatch } from './channel-watch.ts';
import { type StepSink, Steps } from './steps.ts';

/** Told when the worst limit in force on a side changes, with the votes for it. */
export type SideSink = (
  level: VoteLevel | null,
  votes: number | null,
  ...rest: [origin: Parameters<StepSink<VoteLevel>>[1], effectiveAt: number]
) => void;

/** The limits on one side of a vote: they are one alarm. */
export class VoteSide {
  readonly steps: Steps<VoteLevel>;
  /** Votes by limit, bad channels with them where they count. */
  private readonly votes: number[];
  private readonly channels: readonly ChannelWatch[];
  /** Index of the first limit of this side among those of the channels. */
  private readonly from: number;
  private readonly policy: VoteGroup['onBadChannel'];

  constructor(
    levels: readonly VoteLevel[],
    from: number,
    channels: readonly ChannelWatch[],
    policy: VoteGroup['onBadChannel'],
    sink: SideSink,
  ) {
    this.votes = levels.map(() => 0);
    this.channels = channels;
    this.from = from;
    this.policy = policy;
    this.steps = new Steps(levels, (level, origin, effectiveAt) => {
      sink(level, level && (this.votes[levels.indexOf(level)] ?? null), origin, effectiveAt);
    });
  }

  /** Judges every limit; `bad` channels are not good. */
  judge(bad: number, ts: number, at: number): void {
    const { levels } = this.steps;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      if (level) this.judgeLevel(level, i, bad, ts, at);
    }
    this.steps.announce(ts);
  }

  /** Counts anew what is shown, without judging. */
  count(bad: number): void {
    for (let i = 0; i < this.votes.length; i++) this.votes[i] = this.votesFor(i) + (this.policy === 'safe' ? bad : 0);
  }

  private judgeLevel({ needed }: VoteLevel, index: number, bad: number, ts: number, at: number): void {
    const votes = this.votesFor(index);
    const held = this.heldFor(index);
    const enough = this.channels.length - bad >= needed;
    const counted = votes + (this.policy === 'safe' ? bad : 0);
    this.votes[index] = counted;
    let verdict: Verdict;
    if (this.policy === 'safe') {
      // One real vote, unless too few are left to give it.
      const tripped = counted >= needed && (votes > 0 || !enough);
      verdict = tripped ? 'tripped' : held > 0 && counted >= needed ? 'between' : 'cleared';
    } else if (votes >= needed) {
      verdict = 'tripped';
    } else {
      // What a lost channel said last neither raises an alarm nor lets one end.
      verdict = !enough || votes + held >= needed ? 'between' : 'cleared';
    }
    this.steps.judge(index, verdict, verdict !== 'between', ts, at);
  }

  /** Channels that are good and beyond the limit. */
  private votesFor(index: number): number {
    let votes = 0;
    for (const channel of this.channels) if (!channel.bad && channel.votesFor(this.from + index)) votes++;
    return votes;
  }

  /** Channels that were beyond the limit when they were lost. */
  private heldFor(index: number): number {
    let held = 0;
    for (const channel of this.channels) if (channel.bad && channel.votesFor(this.from + index)) held++;
    return held;
  }
}
