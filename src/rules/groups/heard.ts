/** Members and the number of the last change taken from each, as plain data. */
export type HeardSnapshot = [member: string, told: number][];

/**
 * Which changes of its members a group has taken. Group and members are saved at different times, and what a member
 * says after its snapshot it says again after a crash: each change has its number, and the group takes it once.
 */
export class Heard {
  /** Something was taken that the group's last snapshot does not have. */
  unsaved = false;
  private readonly last = new Map<string, number>();

  /** True if change number `told` of a member is to be taken. */
  take(member: string, told: number): boolean {
    if (told <= (this.last.get(member) ?? 0)) return false;
    this.last.set(member, told);
    this.unsaved = true;
    return true;
  }

  /** A member's state on disk holds its changes up to `told`: it will not say them again. */
  settled(member: string, told: number): void {
    if ((this.last.get(member) ?? 0) <= told) this.last.delete(member);
  }

  /** A member that has said `told` changes so far: what is known beyond is of another life of it. */
  bound(member: string, told: number): void {
    if ((this.last.get(member) ?? 0) > told) this.last.set(member, told);
  }

  /** With it, all that was taken is part of the group's saved state. */
  snapshot(): HeardSnapshot {
    this.unsaved = false;
    return [...this.last];
  }

  /** Takes up a snapshot; members that `isMember` does not know are left out. */
  restore(saved: HeardSnapshot, isMember: (member: string) => boolean): void {
    this.last.clear();
    for (const [member, told] of saved) if (isMember(member)) this.last.set(member, told);
  }
}
