import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstOutGroup, watchGroups } from '../../../helpers/grouped.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';

const limits = [buildLimit('L', 3), buildLimit('LL', 1), buildLimit('H', 6, { onDelayMs: 5_000 })];
const [a, b] = [watchedDevice({ id: 'a', limits }), watchedDevice({ id: 'b', limits, absentAfterMs: 60_000 })];
const devices = [a, b];
const watching = (conditions: readonly string[] | null = null) =>
  watchGroups(devices, [firstOutGroup(devices, conditions)]);
const named = (site: ReturnType<typeof watching>) =>
  site.changes
    .filter(({ device }) => device.id === 'first-1')
    .map(({ level, value }) => [level?.condition ?? null, value]);

describe('first-out', () => {
  it('names the first condition until all are over', () => {
    const site = watching().at(0, b, 2).at(1, a, 2).at(2, b, 4).at(3, a, 4).at(4, a, 2);
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.L'],
      [null, null],
      ['firstOut', 'a.p.L'],
    ]);
    expect(site.changes.find(({ device }) => device.id === 'first-1')?.level?.measured).toBeNull();
  });

  it('goes by source time: one that was earlier and is heard of later takes its place', () => {
    const site = watching().at(0, a, 7).at(3, b, 2).tick(5);
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.L'],
      ['firstOut', 'a.p.H'],
    ]);
  });

  it('does not change its mind after the window', () => {
    const site = watching().at(0, b, 2).at(-20, a, 2, { received: 11 });
    expect(named(site)).toEqual([['firstOut', 'b.p.L']]);
  });

  it('looks at the named conditions only', () => {
    const site = watching(['p.LL']).at(0, a, 2).at(1, b, 0.5).at(2, b, 2);
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.LL'],
      [null, null],
    ]);
  });

  it('takes silence only where it is named', () => {
    expect(named(watching().tick(100))).toEqual([]);
    expect(named(watching(['absent']).tick(100))).toEqual([['firstOut', 'b.absent']]);
  });

  it('gives the place back where what was earlier was over before', () => {
    const site = watching().at(6, a, 2).at(3, b, 2, { received: 7 }).at(4, b, 4, { received: 8 });
    expect(named(site)).toEqual([
      ['firstOut', 'a.p.L'],
      ['firstOut', 'b.p.L'],
      ['firstOut', 'a.p.L'],
    ]);
  });

  it('names what is over already where the others followed upon it without a break', () => {
    const site = watching().at(3, b, 2).at(6, b, 4).at(5, a, 2, { received: 7 });
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.L'],
      [null, null],
      ['firstOut', 'b.p.L'],
    ]);
  });

  it('goes by name where two began at the same time', () => {
    expect(named(watching().at(0, b, 2).at(0, a, 2)).at(-1)).toEqual(['firstOut', 'a.p.L']);
  });

  it('ends on the same name in whichever order devices are heard of within the window', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const devicesOf = ids.map((id) => watchedDevice({ id, limits: [buildLimit('L', 3)] }));
    const event = fc.record({
      device: fc.nat(3),
      second: fc.integer({ min: -200, max: 0 }),
      value: fc.constantFrom(2, 4),
    });
    const outcome = (events: readonly { device: number; second: number; value: number }[]) => {
      const site = watchGroups(devicesOf, [firstOutGroup(devicesOf)]);
      for (const { device, second, value } of events) {
        site.at(second, devicesOf[device] as (typeof devicesOf)[number], value, { received: 1 });
      }
      return named(site).at(-1) ?? null;
    };
    const arrival = fc.array(event, { maxLength: 20 }).chain((events) => fc.tuple(fc.constant(events), order(events)));
    fc.assert(
      fc.property(arrival, ([events, shuffled]) => {
        const bySource = [...events].sort((one, other) => one.second - other.second);
        expect(outcome(inOrderOfEach(shuffled))).toEqual(outcome(inOrderOfEach(bySource)));
      }),
      { numRuns: 300 },
    );
  });
});

type Event = { device: number; second: number; value: number };

function order(events: readonly Event[]) {
  return fc.shuffledSubarray([...events], { minLength: events.length });
}

/** The same devices in the same places, each with its own events in the order of their times. */
function inOrderOfEach(events: readonly Event[]): Event[] {
  const left = new Map<number, Event[]>();
  for (const event of events) left.set(event.device, [...(left.get(event.device) ?? []), event]);
  for (const own of left.values()) own.sort((one, other) => one.second - other.second || one.value - other.value);
  return events.flatMap(({ device }) => left.get(device)?.shift() ?? []);
}
