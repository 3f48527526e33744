import type { VoteGroup, VoteLevel } from '../../model/group.ts';
import type { Verdict } from '../hold.ts';
import type { ChannelWatch } from './channel-watch.ts';
import { type StepSink, Steps } from './steps.ts';

/** Told when the worst limit in force on a side changes, with the votes for it and how many it needs. */
export type SideSink = (
  level: VoteLevel | null,
  votes: number,
  needed: number,
  ...rest: [origin: Parameters<StepSink<VoteLevel>>[1], effectiveAt: number]
) => void;

/** The limits on one side of a vote: they are one alarm. */
export class VoteSide {
  readonly steps: Steps<VoteLevel>;
  /** Votes by limit, bad channels with them where they count. */
  private readonly votes: number[];
  /** Votes needed by limit, as far as there are channels to give them. */
  private readonly needed: number[];
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
    this.needed = levels.map(({ needed }) => needed);
    this.channels = channels;
    this.from = from;
    this.policy = policy;
    this.steps = new Steps(levels, (level, origin, effectiveAt) => {
      const index = level ? levels.indexOf(level) : -1;
      sink(level, this.votes[index] ?? 0, this.needed[index] ?? 0, origin, effectiveAt);
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
    const { levels } = this.steps;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      if (!level) continue;
      this.votes[i] = this.votesFor(i) + (this.policy === 'safe' ? bad : 0);
      this.needed[i] = this.neededBy(level, bad);
    }
  }

  private judgeLevel(level: VoteLevel, index: number, bad: number, ts: number, at: number): void {
    const votes = this.votesFor(index);
    const held = this.heldFor(index);
    const good = this.channels.length - bad;
    const needed = this.neededBy(level, bad);
    const counted = votes + (this.policy === 'safe' ? bad : 0);
    this.votes[index] = counted;
    this.needed[index] = needed;
    let verdict: Verdict;
    if (this.policy === 'safe') {
      // One real vote, unless too few are left to give it.
      const tripped = counted >= needed && (votes > 0 || good < needed);
      verdict = tripped ? 'tripped' : held > 0 && counted >= needed ? 'between' : 'cleared';
    } else if (votes >= needed) {
      verdict = 'tripped';
    } else {
      // What a lost channel said last neither raises an alarm nor lets one end.
      verdict = good === 0 || votes + held >= needed ? 'between' : 'cleared';
    }
    this.steps.judge(index, verdict, verdict !== 'between', ts, at);
  }

  /** Where lost channels are left out, no more votes than the good ones can give: the last one decides alone. */
  private neededBy({ needed }: VoteLevel, bad: number): number {
    const good = this.channels.length - bad;
    return this.policy === 'available' && good > 0 ? Math.min(needed, good) : needed;
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
