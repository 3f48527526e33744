import type { Device } from '../../model/device.ts';
import type { Group } from '../../model/group.ts';
import type { ChangeSink } from '../watch.ts';
import { CountWatch } from './count-watch.ts';
import { FirstOutWatch } from './first-out-watch.ts';
import type { GroupWatch } from './group-watch.ts';
import { Member } from './member.ts';
import { SilenceWatch } from './silence-watch.ts';
import { VoteWatch } from './vote-watch.ts';

/** The groups of a configuration, and which devices belong to which. */
export class Groups {
  readonly watches: readonly GroupWatch[];
  private readonly members = new Map<string, Member>();

  constructor(groups: readonly Group[], devices: ReadonlyMap<string, Device>, latenessMs: number, emit: ChangeSink) {
    this.watches = groups.map((group) => this.createWatch(group, devices, latenessMs, emit));
  }

  /** A device by its key, with its groups. */
  member(key: string): Member {
    const known = this.members.get(key);
    if (known) return known;
    const member = new Member(key);
    this.members.set(key, member);
    return member;
  }

  /** Every device that was asked for. */
  everyMember(): Iterable<Member> {
    return this.members.values();
  }

  private createWatch(
    group: Group,
    devices: ReadonlyMap<string, Device>,
    latenessMs: number,
    emit: ChangeSink,
  ): GroupWatch {
    switch (group.kind) {
      case 'vote': {
        const watch = new VoteWatch(group, latenessMs, emit);
        for (const key of keysOf(group.channels)) {
          const member = this.member(key);
          member.votes.push(watch);
          if (devices.get(key)?.profile.reporting.order !== 'source') member.readers.push(watch);
        }
        return watch;
      }
      case 'count': {
        const watch = new CountWatch(group, emit);
        for (const key of keysOf(group.members)) this.member(key).hearers.push(watch);
        return watch;
      }
      case 'firstOut': {
        const watch = new FirstOutWatch(group, emit);
        for (const key of keysOf(group.members)) this.member(key).hearers.push(watch);
        return watch;
      }
      case 'silence': {
        const watch = new SilenceWatch(group, devices, latenessMs, emit);
        for (const key of group.site.devices) {
          const member = this.member(key);
          member.silence = watch;
          member.readers.push(watch);
        }
        return watch;
      }
    }
  }
}

function keysOf(members: readonly { readonly device: string }[]): Set<string> {
  return new Set(members.map(({ device }) => device));
}
