import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InhibitionIndex, type InhibitionSubject } from '../../../src/alerts/policy/inhibit.ts';
import { DEFAULT_INHIBITIONS } from '../../../src/config/routing/inhibition.ts';
import { ALARM_STATES } from '../../../src/model/alarm.ts';
import type { Inhibition, InhibitionMatch } from '../../../src/model/routing.ts';
import { TIERS, tierRank } from '../../../src/model/tier.ts';

type Subject = InhibitionSubject;

const ANY: InhibitionMatch = { tier: [], profile: [], condition: [], except: [], device: [], tags: [] };
const LOW: Subject = {
  id: 'low',
  site: 's',
  device: 'd',
  profile: 'cabinet',
  condition: 'p.H',
  tier: 'yellow',
  state: 'unacknowledged',
  status: 'actual',
  grid: '3204',
  tags: ['old'],
};
const RED: Subject = { ...LOW, id: 'red', condition: 'q.HH', tier: 'red' };

function rule(
  source: Partial<InhibitionMatch>,
  target: Partial<InhibitionMatch>,
  equal: Inhibition['equal'] = ['site'],
) {
  return { id: 'rule', source: { ...ANY, ...source }, target: { ...ANY, ...target }, equal };
}

function idOf(inhibitions: readonly Inhibition[], open: readonly Subject[], alarm: Subject) {
  return new InhibitionIndex(inhibitions, open).inhibitedBy(alarm)?.alarm ?? null;
}

describe('what ships', () => {
  test.each<[string, Partial<Subject>, Partial<Subject>, boolean]>([
    ['red hides yellow of its device', {}, {}, true],
    ['and blue', {}, { tier: 'blue' }, true],
    ['an acknowledged one too', { state: 'acknowledged' }, {}, true],
    ['not orange', {}, { tier: 'orange' }, false],
    ['not of another device', {}, { device: 'e' }, false],
    ['not of the same name in another site', {}, { site: 't' }, false],
    ['not that the device is silent', {}, { condition: 'absent' }, false],
    ['not that a measurement is lost', {}, { condition: 'p.bad' }, false],
    ['not when it has returned', { state: 'returned' }, {}, false],
    ['not when it is only latched', { state: 'latchedUnacknowledged' }, {}, false],
    ['not when it is hidden itself', { state: 'shelved' }, {}, false],
    ['an exercise hides nothing real', { status: 'exercise' }, {}, false],
    ['nothing real hides an exercise', {}, { status: 'exercise' }, false],
  ])('%s', (_name, red, low, expected) => {
    const target = { ...LOW, ...low };
    const found = new InhibitionIndex(DEFAULT_INHIBITIONS, [{ ...RED, ...red }, target]).inhibitedBy(target);
    expect(found).toEqual(expected ? { inhibition: 'red-over-lower', alarm: 'red' } : null);
  });
});

describe('an inhibition', () => {
  const OTHER: Subject = { ...LOW, id: 'other', device: 'e', condition: 'inlet.LL', tier: 'orange' };

  test.each<[string, Inhibition, Subject, boolean]>([
    ['by the name of a condition', rule({ condition: ['inlet.LL'] }, {}), OTHER, true],
    ['by the last part of one', rule({ condition: ['LL'] }, {}), OTHER, true],
    ['not by a part of a word', rule({ condition: ['L'] }, {}), OTHER, false],
    ['by device', rule({ device: ['s/e'] }, {}, []), { ...OTHER, site: 's' }, true],
    ['not by its id alone', rule({ device: ['e'] }, {}), OTHER, false],
    ['by tags, all of them', rule({ tags: ['old', 'new'] }, {}), { ...OTHER, tags: ['new', 'old'] }, true],
    ['not by some of them', rule({ tags: ['old', 'new'] }, {}), OTHER, false],
    ['by grid', rule({}, {}, ['grid']), { ...OTHER, site: 't' }, true],
    ['not without a grid', rule({}, {}, ['grid']), { ...OTHER, grid: null }, false],
    ['not where the target is excepted', rule({}, { except: ['H'] }), OTHER, false],
    ['by a source of the same tier', rule({}, { condition: ['H'] }), { ...OTHER, tier: 'yellow' }, true],
    ['never by a less urgent one', rule({}, {}), { ...OTHER, tier: 'blue' }, false],
  ])('holds %s', (_name, inhibition, source, expected) => {
    expect(idOf([inhibition], [source, LOW], LOW) === 'other').toBe(expected);
  });

  test('shares no grid where neither has one', () => {
    const target = { ...LOW, grid: null };
    expect(idOf([rule({}, {}, ['grid'])], [{ ...OTHER, grid: null }, target], target)).toBeNull();
  });

  test('never hides red, nor an alarm by itself', () => {
    const everything = [rule({}, {}, ['site'])];
    expect(idOf(everything, [RED, { ...RED, id: 'second' }], RED)).toBeNull();
    expect(idOf(everything, [LOW], LOW)).toBeNull();
  });
});

describe('several inhibitions', () => {
  const of = (id: string, condition: string): Subject => ({ ...LOW, id, condition });
  const [a, b, c] = [of('a', 'a'), of('b', 'b'), of('c', 'c')];
  const over = (source: string, target: string) => rule({ condition: [source] }, { condition: [target] });

  test('an inhibited alarm inhibits nobody', () => {
    const chain = [over('a', 'b'), over('b', 'c')];
    expect(idOf(chain, [a, b, c], b)).toBe('a');
    expect(idOf(chain, [a, b, c], c)).toBeNull();
    expect(idOf(chain, [b, c], c)).toBe('b');
  });

  test('of a circle nobody is hidden', () => {
    for (const circle of [
      [over('a', 'b'), over('b', 'a')],
      [over('a', 'b'), over('b', 'c'), over('c', 'a')],
    ]) {
      const index = new InhibitionIndex(circle, [a, b, c]);
      for (const alarm of [a, b]) expect(index.inhibitedBy(alarm)).toBeNull();
    }
  });

  test('a circle that one from outside breaks is none', () => {
    const broken = [over('a', 'b'), over('b', 'a'), over('c', 'a')];
    expect(idOf(broken, [a, b, c], a)).toBe('c');
    expect(idOf(broken, [a, b, c], b)).toBeNull();
  });

  test('too many undecided sources let an alarm be told', () => {
    const many = Array.from({ length: 40 }, (_, index) => of(`b${index}`, 'b'));
    expect(idOf([over('a', 'b'), over('b', 'c')], [a, ...many, c], c)).toBeNull();
  });
});

test('whatever comes and goes, the index says what the open alarms say, hides no red, and hides behind alarms that are told only', () => {
  const subject = fc.record({
    id: fc.constantFrom('1', '2', '3', '4', '5'),
    site: fc.constantFrom('s', 't'),
    device: fc.constantFrom('d', 'e'),
    profile: fc.constantFrom('cabinet', 'tank'),
    condition: fc.constantFrom('p.H', 'p.HH', 'absent'),
    tier: fc.constantFrom(...TIERS),
    state: fc.constantFrom(...ALARM_STATES),
    status: fc.constantFrom('actual' as const, 'exercise' as const),
    grid: fc.constantFrom(null, '3204'),
    tags: fc.subarray(['old', 'new']),
  });
  const side = fc.record({
    tier: fc.subarray([...TIERS]),
    profile: fc.subarray(['cabinet', 'tank'], { maxLength: 1 }),
    condition: fc.subarray(['H', 'p.HH', 'absent'], { maxLength: 1 }),
    except: fc.subarray(['absent'], { maxLength: 1 }),
    device: fc.subarray(['s/d', 't/e'], { maxLength: 1 }),
    tags: fc.subarray(['old'], { maxLength: 1 }),
  });
  const inhibition = fc.record({
    id: fc.string(),
    source: side,
    target: side,
    equal: fc.subarray(['site', 'device', 'grid', 'profile'] as const),
  });
  fc.assert(
    fc.property(
      fc.array(inhibition, { maxLength: 4 }),
      fc.array(subject, { maxLength: 20 }),
      (inhibitions, updates) => {
        const index = new InhibitionIndex(inhibitions);
        const open = new Map<string, Subject>();
        for (const alarm of updates) {
          index.update(alarm);
          open.set(alarm.id, alarm);
        }
        const fresh = new InhibitionIndex(inhibitions, open.values());
        for (const alarm of open.values()) {
          const found = index.inhibitedBy(alarm);
          expect(found === null).toBe(fresh.inhibitedBy(alarm) === null);
          if (!found) continue;
          const source = open.get(found.alarm);
          expect(alarm.tier).not.toBe('red');
          expect(source?.id).not.toBe(alarm.id);
          expect(source?.status).toBe(alarm.status);
          expect(tierRank(source?.tier ?? 'blue')).toBeGreaterThanOrEqual(tierRank(alarm.tier));
          expect(['unacknowledged', 'acknowledged']).toContain(source?.state);
          expect(source && index.inhibitedBy(source)).toBeNull();
        }
      },
    ),
    { numRuns: 300 },
  );
});
