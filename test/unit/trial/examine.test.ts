import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failuresOf, inDirectory, runDirectory, runVessel, vesselFiles } from './trials.ts';

const CLIMB = 'feed: { pressure: [hold 4 30s, ramp 4 -> 9 100s, hold 60s] }';

describe('a rule test', () => {
  test('sees an alarm at the instant its delay is over, and not before', async () => {
    // 6 at 70 s + 3 s, 8 at 110 s + 1 s.
    const failures = await failuresOf(
      CLIMB,
      'expect:',
      '  - { at: 72s, pressure: normal }',
      '  - { at: 72.999s, pressure: normal, state: normal }',
      '  - { at: 73s, pressure: H, state: unacknowledged, tier: yellow }',
      '  - { at: 111s, alarm: pressure.HH, tier: orange }',
      '  - { at: 111s, alarm: pressure.HH, device: v, tier: orange }',
      '  - { at: 190s, alarm: absent, none: true }',
    );
    expect(failures).toEqual([]);
  });

  test.each<[string, string, string]>([
    [
      'a limit that is not in force yet',
      '{ at: 72s, pressure: H }',
      'at: 72s, pressure: H | no such alarm; pressure 6.1 kPa good',
    ],
    [
      'another limit',
      '{ at: 73s, pressure: HH }',
      'at: 73s, pressure: HH | pressure.H, state unacknowledged, tier yellow; pressure 6.15 kPa good',
    ],
    [
      'another tier',
      '{ at: 73s, pressure: H, tier: orange }',
      'at: 73s, pressure: H, tier: orange | pressure.H, state unacknowledged, tier yellow; pressure 6.15 kPa good',
    ],
    [
      'another state',
      '{ at: 73s, pressure: H, state: acknowledged }',
      'at: 73s, pressure: H, state: acknowledged | pressure.H, state unacknowledged, tier yellow; pressure 6.15 kPa good',
    ],
    [
      'a calm that is none',
      '{ at: 80s, none: true }',
      'at: 80s, none: true | pressure.H, state unacknowledged, tier yellow',
    ],
    [
      'a condition that is in force although it should not be',
      '{ at: 80s, alarm: pressure.H, none: true }',
      'at: 80s, alarm: pressure.H, none: true | pressure.H, state unacknowledged, tier yellow; pressure 6.5 kPa good',
    ],
  ])('tells of %s', async (_, expectation, failure) => {
    expect(await failuresOf(CLIMB, `expect: [${expectation}]`)).toEqual([failure]);
  });

  test('shows what the rules made of the last samples, where it failed', async () => {
    const { outcomes } = await runVessel(CLIMB, 'expect: [{ at: 72s, pressure: H }]');
    const [failure] = outcomes[0]?.failures ?? [];
    expect(failure).toMatchObject({ at: 72_000, line: 5 });
    const last = failure?.evaluations.filter(({ condition }) => condition === 'pressure.H').at(-1);
    expect(last).toMatchObject({ value: 6.1, limit: 6, verdict: 'tripped', after: 'pendingOn' });
  });

  test('lets an operator acknowledge and reset', async () => {
    const failures = await failuresOf(
      'feed: { pressure: [hold 4 30s, ramp 4 -> 9 100s, hold 10s, ramp -> 4 100s, hold 30s] }',
      'acknowledge: [{ at: 80s, by: Li Wei }, { at: 200s, alarm: pressure.HH }]',
      'reset: [{ at: 250s }]',
      'expect:',
      '  - { at: 80s, pressure: H, state: acknowledged }',
      '  - { at: 111s, pressure: HH, state: unacknowledged }',
      '  - { at: 200s, pressure: HH, state: acknowledged }',
      '  - { at: 249s, pressure: HH, state: latchedAcknowledged }',
      '  - { at: 250s, pressure: normal, state: normal }',
      'notified:',
      '  - { at: 73s, type: raised, tier: yellow, to: [duty] }',
      '  - { at: 80s, type: acknowledged }',
      '  - { at: 111s, type: escalated, to: [centre, duty] }',
      '  - { at: 200s, type: acknowledged }',
      '  - { at: 250s, type: cleared, tier: orange }',
    );
    expect(failures).toEqual([]);
  });

  test('tells of a command that could not be done', async () => {
    expect(await failuresOf(CLIMB, 'acknowledge: [{ at: 20s }]', 'notified: [{ at: 73s }, { at: 111s }]')).toEqual([
      'acknowledge what there is | no such alarm is open',
    ]);
    expect(
      await failuresOf(CLIMB, 'reset: [{ at: 80s, alarm: pressure.H }]', 'notified: [{ at: 73s }, { at: 111s }]'),
    ).toEqual(['reset pressure.H | pressure.H is unacknowledged: ALARM_STILL_ACTIVE']);
  });

  test('compares exactly what would be sent, and shows what is missing and what is too much', async () => {
    const { outcomes } = await runVessel(CLIMB, 'notified: [{ at: 73s, tier: yellow }, { at: 112s, to: [centre] }]');
    expect(outcomes[0]?.failures).toMatchObject([{ kind: 'notified', line: 5 }]);
    expect(outcomes[0]?.failures[0]?.diff).toEqual([
      { mark: ' ', text: '73s raised yellow pressure.H of site/v, to duty' },
      { mark: '-', text: 'at: 112s, to: [centre]' },
      { mark: '+', text: '111s escalated orange pressure.HH of site/v, to centre, duty' },
    ]);
  });

  test('asks for other events only where the list names their type', async () => {
    const feed = 'feed: { pressure: [hold 4 10s, ramp 4 -> 6.5 50s, ramp -> 4 50s, hold 30s] }';
    expect(await failuresOf(feed, 'notified: [{ at: 53s }]')).toEqual([]);
    expect(
      await failuresOf(feed, 'notified: [{ at: 53s, type: raised }, { at: 82s, type: returned, to: [duty] }]'),
    ).toEqual([]);
    expect(await failuresOf(feed, 'notified: [{ at: 53s }, { at: 80s, type: returned }]')).toHaveLength(1);
  });

  test('takes values as the engine takes them: out of range is bad, and neither raises nor clears', async () => {
    const failures = await failuresOf(
      'feed: { pressure: [hold 4 10s, hold 11 20s, hold 6.1 10s, bad 4 20s, null 20s], open: [hold true 80s] }',
      'notified: [{ at: 33s }]',
      'expect: [{ at: 80s, pressure: H }]',
    );
    expect(failures).toEqual([]);
  });

  test('raises from uncertain values and does not clear on them', async () => {
    const failures = await failuresOf(
      'feed: { pressure: [hold 4 10s, uncertain 6.5 10s, uncertain 4 30s] }',
      'notified: [{ at: 13s }]',
      'expect: [{ at: 50s, pressure: H, state: unacknowledged }]',
    );
    expect(failures).toEqual([]);
  });

  test('leaves live alarms alone whatever is filled in later', async () => {
    const failures = await failuresOf(
      'feed: { pressure: [hold 6.1 10s, backfill 14d ago hold 9.0 1h, backfill 1h ago historical hold 1 10m, hold 10s] }',
      'notified: [{ at: 3s, tier: yellow }]',
      'expect: [{ at: 20s, pressure: H }]',
    );
    expect(failures).toEqual([]);
  });

  test('judges a configured device with its overrides, and several devices by name', async () => {
    const tests = `
tests:
  - name: of the plant
    step: 1s
    devices: { one: plant/v1, two: plant/v2, three: { profile: vessel, id: v3, limits: { pressure: { H: { at: 7 } } } } }
    feed: { one.pressure: [hold 5.5 20s], two.pressure: [hold 5.5 20s], three.pressure: [hold 6.5 20s] }
    expect: [{ at: 20s, one.pressure: normal, two.pressure: H, three.pressure: normal }]
    notified: [{ at: 3s, device: two, tier: yellow }]
`;
    const { outcomes, faults } = await inDirectory(vesselFiles(tests), runDirectory);
    expect(faults).toEqual([]);
    expect(outcomes.map(({ failures }) => failures)).toEqual([[]]);
  });

  test('misses a point that the feed names, also where it never reports, and no other', async () => {
    const profile = [
      'profile: pair',
      'reporting: { interval: 1s }',
      'points:',
      '  a: { type: number }',
      '  b: { type: number, bad: { tier: yellow, onDelay: 2s } }',
    ];
    const silent = (feed: string, expected: string) =>
      ['  - name: ', '    device: { profile: pair, id: x }', `    feed: ${feed}`, `    expect: [${expected}]`].join(
        '\n',
      );
    const tests = [
      'tests:',
      silent('{ a: [hold 1 10s], b: [silence 10s] }', '{ at: 5s, none: true }, { at: 6s, alarm: b.bad }').replace(
        'name: ',
        'name: named',
      ),
      silent('{ a: [hold 1 10s] }', '{ at: 10s, none: true }').replace('name: ', 'name: not named'),
    ];
    const files = { 'profiles/pair.yaml': profile.join('\n'), 'profiles/pair.test.yaml': tests.join('\n') };
    const { outcomes, faults } = await inDirectory(files, runDirectory);
    expect(faults).toEqual([]);
    expect(outcomes.map(({ failures }) => failures)).toEqual([[], []]);
  });

  test('begins when it is told to', async () => {
    const { outcomes } = await runVessel(
      'start: "2026-11-21T08:00:00+08:00"',
      'feed: { pressure: [hold 4 10s] }',
      'notified: []',
    );
    expect(outcomes[0]?.trial.start).toBe(Date.UTC(2026, 10, 21));
  });
});

describe('variants', () => {
  test('a crash, another order and repeats change nothing, whatever is fed', async () => {
    const item = fc.oneof(
      fc.tuple(fc.constantFrom('hold', 'uncertain', 'bad'), fc.integer({ min: 0, max: 10 })),
      fc.tuple(fc.constant('ramp ->'), fc.integer({ min: 0, max: 10 })),
      fc.tuple(fc.constant('noise'), fc.integer({ min: 1, max: 9 })),
      fc.tuple(fc.constantFrom('silence', 'null'), fc.constant(null)),
    );
    const seconds = fc.integer({ min: 1, max: 20 });
    const feed = fc.array(fc.tuple(item, seconds), { minLength: 1, maxLength: 12 });
    const seed = fc.integer({ min: 0, max: 1_000 });
    const trials = fc.array(fc.tuple(feed, fc.integer({ min: 0, max: 120 }), seed), { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(trials, async (list) => {
        const tests = list.map(([items, crashAt, seed], index) => {
          const written = items.map(([[kind, value], time]) => {
            if (kind === 'noise') return `noise ${value} 1.5 ${time}s seed ${seed}`;
            return value === null ? `${kind} ${time}s` : `${kind} ${value} ${time}s`;
          });
          return [
            `  - name: test ${index}`,
            '    device: { profile: vessel, id: v }',
            `    feed: { pressure: [hold 4 5s, ${written.join(', ')}] }`,
            '    expect: [{ at: 0s, pressure: normal }]',
            '    also:',
            `      - { crashAt: ${crashAt}s }`,
            `      - { shuffleWithin: 10s, seed: ${seed} }`,
            `      - { duplicate: 40%, seed: ${seed} }`,
          ].join('\n');
        });
        const { outcomes, faults } = await inDirectory(vesselFiles(`tests:\n${tests.join('\n')}\n`), runDirectory);
        expect(faults).toEqual([]);
        expect(outcomes.flatMap(({ failures }) => failures.map(({ expected, diff }) => ({ expected, diff })))).toEqual(
          [],
        );
      }),
      { numRuns: 15 },
    );
  });

  test('another order of devices that raise at the same instant changes nothing', async () => {
    const tests = `
tests:
  - name: both at once
    devices: { one: { profile: vessel, id: a }, two: { profile: vessel, id: b } }
    feed: { one.pressure: [hold 4 20s, hold 9 20s, hold 4 20s], two.pressure: [hold 4 20s, hold 9 20s, hold 4 20s] }
    expect: [{ at: 60s, one.pressure: HH, state: latchedUnacknowledged }]
    also: [${Array.from({ length: 20 }, (_, seed) => `{ shuffleWithin: 10s, seed: ${seed} }`).join(', ')}]
`;
    const { outcomes, faults } = await inDirectory(vesselFiles(tests), runDirectory);
    expect(faults).toEqual([]);
    expect(outcomes.map(({ failures }) => failures)).toEqual([[]]);
  });
});
