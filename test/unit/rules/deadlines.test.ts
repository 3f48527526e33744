import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../src/rules/deadlines.ts';

const owner = (order: string) => ({ order, scheduledAt: Number.POSITIVE_INFINITY });

describe('deadlines', () => {
  it('come up earliest first, each owner once at its earliest, ties by name', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(100)), { maxLength: 300 }), (list) => {
        const owners = Array.from({ length: 21 }, (_, i) => owner(String(i).padStart(2, '0')));
        const deadlines = new Deadlines<ReturnType<typeof owner>>();
        const earliest = new Map<string, number>();
        for (const [i, at] of list) {
          const due = owners[i] as ReturnType<typeof owner>;
          deadlines.schedule(due, at);
          earliest.set(due.order, Math.min(at, earliest.get(due.order) ?? Number.POSITIVE_INFINITY));
        }
        const came: [number, string][] = [];
        for (let next = deadlines.take(1000); next; next = deadlines.take(1000)) came.push([next.at, next.due.order]);
        const expected = [...earliest].map(([order, at]) => [at, order] as [number, string]);
        expect(came).toEqual(expected.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)));
      }),
    );
  });

  it('know the earliest of those that are left', () => {
    const step = fc.tuple(fc.nat(9), fc.option(fc.nat(20)));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const owners = Array.from({ length: 10 }, (_, i) => owner(String(i)));
        const deadlines = new Deadlines<ReturnType<typeof owner>>();
        const times = new Map<number, number>();
        for (const [i, at] of steps) {
          const due = owners[i] as ReturnType<typeof owner>;
          if (at === null) {
            deadlines.remove(due);
            times.delete(i);
          } else {
            deadlines.schedule(due, at);
            times.set(i, Math.min(at, times.get(i) ?? at));
          }
          expect(deadlines.next()).toBe(Math.min(Number.POSITIVE_INFINITY, ...times.values()));
        }
        const came: number[] = [];
        for (let next = deadlines.take(100); next; next = deadlines.take(100)) came.push(next.at);
        expect(came).toEqual([...times.values()].sort((x, y) => x - y));
      }),
    );
  });

  it('cost little more for each of many that are taken off than for one', () => {
    let looks = 0;
    const owners = Array.from({ length: 20_000 }, (_, i) => ({
      ...owner(''),
      // Read where two are due at the same time, as all of them are.
      get order() {
        looks++;
        return String(i).padStart(5, '0');
      },
    }));
    const deadlines = new Deadlines<ReturnType<typeof owner>>();
    for (const one of owners) deadlines.schedule(one, 1_000);
    for (const one of owners) {
      deadlines.remove(one);
      deadlines.next();
    }
    expect(deadlines.next()).toBe(Number.POSITIVE_INFINITY);
    // Four looks for each of the 15 layers of the heap.
    expect(looks).toBeLessThan(20_000 * 4 * 15);
  });

  it('stay bounded when one owner keeps moving its deadline forward', () => {
    const deadlines = new Deadlines<ReturnType<typeof owner>>();
    const flapping = owner('a');
    for (let at = 1_000_000; at > 0; at--) deadlines.schedule(flapping, at);
    expect(deadlines.size).toBeLessThan(200);
    expect(deadlines.take(1)).toMatchObject({ at: 1 });
  });
});
