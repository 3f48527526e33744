import { describe, expect, it, test } from 'vitest';
import type { VoteGroup } from '../../../../src/model/group.ts';
import { voteGroup, voteLevel, watchGroups } from '../../../helpers/grouped.ts';
import { watchedDevice } from '../../../helpers/watched.ts';

const [a, b, c] = [watchedDevice({ id: 'a' }), watchedDevice({ id: 'b' }), watchedDevice({ id: 'c' })];
const channels = [a, b, c];
const voting = (parts: Partial<VoteGroup>) => watchGroups(channels, [voteGroup(channels, parts)]);
const twoOfThree = [voteLevel('HH', 40, 2)];

const STATES = ['good', 'tripped', 'bad', 'stale'] as const;
type State = (typeof STATES)[number];
const COMBINATIONS = STATES.flatMap((one) =>
  STATES.flatMap((other) => STATES.map((third): [State, State, State] => [one, other, third])),
);

/** Brings three calm channels into these states, and tells what is in force then. */
function reach(states: readonly State[], parts: Partial<VoteGroup>): string[] {
  const watching = voting(parts);
  for (const device of channels) watching.at(0, device, 5);
  states.forEach((state, i) => {
    const device = channels[i] ?? a;
    if (state === 'stale') return;
    watching.at(170, device, state === 'tripped' ? 45 : 5, { quality: state === 'bad' ? 'bad' : 'good' });
  });
  return watching.tick(200).inForce();
}

describe('a vote of 2oo3', () => {
  for (const onBadChannel of ['safe', 'available'] as const) {
    test.each(COMBINATIONS)(`${onBadChannel}: %s, %s, %s`, (...states) => {
      const tripped = states.filter((state) => state === 'tripped').length;
      const bad = states.filter((state) => state === 'bad' || state === 'stale').length;
      // IEC 61511: safe makes 1oo2 of it with one channel lost and trips with two; available makes 2oo2, then 1oo1.
      const trips = onBadChannel === 'safe' ? tripped + bad >= 2 : tripped > 0 && tripped >= Math.min(2, 3 - bad);
      const degraded = bad === 0 ? [] : [bad === 1 ? 'vote-1 degraded' : 'vote-1 degraded.lost'];
      const expected = [...(trips && (tripped > 0 || bad > 1) ? ['vote-1 HH'] : []), ...degraded].sort();
      expect(reach(states, { high: twoOfThree, onBadChannel })).toEqual(expected);
    });
  }

  it('shows its votes, how many it needs, and the median of the good channels', () => {
    const watching = voting({ high: twoOfThree }).at(0, a, 50).at(1, b, 42).at(2, c, 5);
    const change = watching.changes.find(({ level }) => level?.condition === 'HH');
    expect(change).toMatchObject({ value: 46, level: { measured: 2, limit: 2, tier: 'orange' }, direction: 'vote' });
  });

  it('needs a real vote in 1ooN: a dead battery is no gas', () => {
    expect(reach(['bad', 'good', 'good'], { high: [voteLevel('H', 20, 1)] })).toEqual(['vote-1 degraded']);
    expect(reach(['bad', 'bad', 'bad'], { high: [voteLevel('H', 20, 1)] })).toEqual([
      'vote-1 H',
      'vote-1 degraded.lost',
    ]);
  });

  it('climbs from unconfirmed to confirmed as one alarm, and down again', () => {
    const high = [voteLevel('H', 20, 1), voteLevel('HH', 20, 2, { offDelayMs: 5_000 })];
    const watching = voting({ high }).at(0, a, 25).at(10, b, 25).at(20, b, 5).tick(30).at(40, a, 5);
    expect(watching.seen('vote-1')).toEqual([
      [0, 'H'],
      [10, 'HH'],
      [25, 'H'],
      [40, '-high'],
    ]);
  });

  it('votes on the low side too', () => {
    const watching = voting({ low: [voteLevel('LL', 3, 2)] })
      .at(0, a, 2)
      .at(1, b, 3)
      .at(2, b, 4);
    expect(watching.seen('vote-1')).toEqual([
      [1, 'LL'],
      [2, '-low'],
    ]);
  });

  it('waits for its on-delay in receive time, also when channels fall silent', () => {
    const high = [voteLevel('HH', 40, 2, { onDelayMs: 3_000 })];
    expect(voting({ high }).at(0, a, 50).at(1, b, 50).tick(10).seen('vote-1')).toEqual([[4, 'HH']]);
  });

  it('holds a vote within the deadband, and against uncertain values', () => {
    const high = [voteLevel('HH', 40, 2, { deadband: 5 })];
    const watching = voting({ high }).at(0, a, 50).at(0, b, 50).at(5, a, 36).at(6, a, 10, { quality: 'uncertain' });
    expect(watching.inForce()).toEqual(['vote-1 HH']);
    expect(watching.at(7, a, 34).inForce()).toEqual([]);
  });

  it('lets an uncertain value vote', () => {
    const watching = voting({ high: twoOfThree }).at(0, a, 50, { quality: 'uncertain' }).at(1, b, 50);
    expect(watching.inForce()).toEqual(['vote-1 HH']);
    expect(watching.changes.at(-1)?.quality).toBe('uncertain');
  });

  it('counts votes that came within the window together, and not longer', () => {
    const watching = voting({ high: twoOfThree, windowMs: 30_000 });
    watching.at(0, a, 50).at(5, a, 5).at(29, b, 50).tick(60);
    expect(watching.seen('vote-1')).toEqual([
      [29, 'HH'],
      [30, '-high'],
    ]);
    expect(voting({ high: twoOfThree }).at(0, a, 50).at(5, a, 5).at(29, b, 50).seen('vote-1')).toEqual([]);
  });

  it('takes what newer samples have overtaken for nothing', () => {
    const watching = voting({ high: twoOfThree }).at(10, a, 5).at(11, b, 50).at(9, a, 50, { received: 12 });
    expect(watching.inForce()).toEqual([]);
  });

  it('takes no drill, no backfill and nothing old', () => {
    const watching = voting({ high: twoOfThree }).at(0, a, 50).at(0, b, 50, { status: 'test' });
    watching.at(1, b, 50, { historical: true }).at(-400, b, 50, { received: 2 });
    expect(watching.inForce()).toEqual([]);
  });
});

describe('the last good channel', () => {
  const available = { high: [voteLevel('HH', 40, 2, { latch: true })], onBadChannel: 'available' } as const;

  it('decides alone, and shows that one vote is needed', () => {
    const watching = voting(available).at(0, a, null).at(1, b, null).at(2, c, 5).at(10, c, 90);
    expect(watching.inForce()).toEqual(['vote-1 HH', 'vote-1 degraded.lost']);
    expect(watching.changes.at(-1)?.level).toMatchObject({ condition: 'HH', measured: 1, limit: 1 });
    expect(watching.at(20, c, 5).inForce()).toEqual(['vote-1 degraded.lost']);
  });

  it('trips when the others are lost while it votes', () => {
    const watching = voting(available).at(0, a, 5).at(0, b, 5).at(0, c, 90).at(100, c, 90);
    expect(watching.inForce()).toEqual([]);
    expect(watching.tick(181).inForce()).toEqual(['vote-1 HH', 'vote-1 degraded.lost']);
  });

  it('does not end by its calm what lost channels have said', () => {
    const watching = voting(available).at(0, a, 50).at(0, b, 50).at(0, c, 5).at(10, a, null).at(11, b, null);
    expect(watching.at(20, c, 5).inForce()).toEqual(['vote-1 HH', 'vote-1 degraded.lost']);
  });

  it('neither raises nor ends an alarm by being lost too', () => {
    const calm = voting(available).at(0, a, 5).at(0, b, 5).at(0, c, 5);
    expect(calm.at(10, a, null).at(10, b, null).at(10, c, null).inForce()).toEqual(['vote-1 degraded.lost']);
    const alarm = voting(available).at(0, a, null).at(0, b, null).at(0, c, 90).at(10, c, null);
    expect(alarm.inForce()).toEqual(['vote-1 HH', 'vote-1 degraded.lost']);
  });
});

describe('the loss of a channel', () => {
  it.each(['safe', 'available'] as const)('ends no alarm that it took part in (%s)', (onBadChannel) => {
    const watching = voting({ high: twoOfThree, onBadChannel }).at(0, a, 50).at(0, b, 50).at(0, c, 5);
    watching.at(10, a, null).at(20, b, 50).at(20, c, 5);
    expect(watching.inForce()).toEqual(['vote-1 HH', 'vote-1 degraded']);
    expect(watching.at(30, a, 5).inForce()).toEqual([]);
  });

  it('does not end an on-delay that runs', () => {
    const high = [voteLevel('HH', 40, 2, { onDelayMs: 5_000 })];
    const watching = voting({ high, onBadChannel: 'available' }).at(0, a, 50).at(0, b, 50).at(0, c, 5).at(3, a, null);
    expect(watching.tick(10).seen('vote-1')).toEqual([
      [3, 'degraded'],
      [5, 'HH'],
    ]);
  });

  it('is no loss as long as we did not watch', () => {
    const watching = voting({ high: twoOfThree }).at(0, a, 5).at(0, b, 5).at(0, c, 5).resume(1000, 990);
    expect(watching.tick(1100).inForce()).toEqual([]);
    expect(watching.tick(1171).inForce()).toEqual(['vote-1 HH', 'vote-1 degraded.lost']);
  });

  it('is told after its on-delay, and over when the channel is back', () => {
    const level = { rank: 1, tier: 'yellow' as const, onDelayMs: 10_000, offDelayMs: 5_000, latch: false };
    const degraded: VoteGroup['degraded'] = [
      { ...level, condition: 'degraded' },
      { ...level, condition: 'degraded.lost', rank: 2, tier: 'orange' },
    ];
    const watching = voting({ high: twoOfThree, degraded }).at(0, a, null).at(8, a, 5).at(20, a, null).tick(40);
    expect(watching.at(50, a, 5).tick(60).seen('vote-1')).toEqual([
      [30, 'degraded'],
      [55, '-degraded'],
    ]);
  });
});

describe('deviation within a vote', () => {
  const deviation = {
    condition: 'deviation',
    rank: 1,
    by: 10,
    deadband: 2,
    onDelayMs: 60_000,
    offDelayMs: 0,
    tier: 'blue' as const,
    latch: false,
  };

  it('names the channel that is too far from the median for too long', () => {
    const watching = voting({ high: twoOfThree, deviation }).at(0, a, 5).at(1, b, 6).at(2, c, 17);
    watching.tick(70).at(80, c, 15).at(90, c, 13);
    expect(watching.seen('vote-1')).toEqual([
      [62, 'deviation'],
      [90, '-deviation'],
    ]);
    expect(watching.changes[0]).toMatchObject({ value: 'wujin-gas/c.p', level: { measured: 11, limit: 10 } });
  });

  it('leaves bad channels out', () => {
    const watching = voting({ high: twoOfThree, deviation }).at(0, a, 5).at(1, b, 6).at(2, c, 30, { quality: 'bad' });
    expect(watching.tick(100).inForce()).toEqual(['vote-1 degraded']);
  });
});
