import { expect, test } from 'vitest';
import type { AlarmEventType } from '../../../src/model/alarm.ts';
import { signature } from '../../../src/trial/examine.ts';
import { outcomeLines, PLAIN } from '../../../src/trial/report.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';
import { inDirectory, runDirectory } from './trials.ts';

const PROFILE = `
profile: pump
reporting: { interval: 1s }
points:
  running: { type: boolean, state: { alarm: [true], tier: yellow } }
  flow: { type: number, unit: m3/h }
rules:
  - id: dry
    title: dry running
    when: "running && flow < 5.0"
    until: "flow > 10.0"
    onDelay: 1s
    tier: yellow
`;

/** What people read of a test that expects the impossible `at` second 3. */
async function shown(feed: string, alarm: string): Promise<string[]> {
  const tests = [
    'tests:',
    '  - name: of a pump',
    '    device: { profile: pump, id: x }',
    `    feed: ${feed}`,
    `    expect: [{ at: 3s, alarm: ${alarm}, tier: red }]`,
  ];
  const files = { 'profiles/pump.yaml': PROFILE, 'profiles/pump.test.yaml': tests.join('\n') };
  const { outcomes } = await inDirectory(files, runDirectory);
  const [outcome] = outcomes;
  if (!outcome) throw new Error('the test was not run');
  return outcomeLines(outcome, '.', PLAIN)
    .slice(5)
    .map((line) => line.trim());
}

test('a rule that answers yes or no is told in words, and one over several points without a value', async () => {
  expect(await shown('{ running: [hold true 4s], flow: [hold 2 2s, hold 7 2s] }', 'dry')).toEqual([
    '1s dry: in its alarm condition, still active',
    '2s dry: neither: `until` is not true yet, still active',
    '3s dry: neither: `until` is not true yet, still active',
  ]);
  expect(
    await shown('{ running: [hold true 1s, hold false 2s, null 1s], flow: [hold 2 4s] }', 'running.state'),
  ).toEqual([
    '0s running.state: value true good, in its alarm condition, inactive to active',
    '1s running.state: value false good, not in its alarm condition, active to inactive',
    '2s running.state: value false good, not in its alarm condition, still inactive',
  ]);
});

test('the time beside what is over is that of the newest sample, beside what began that of its first', () => {
  const [alarm, at] = [buildAlarm(), NOON + 90_000];
  const told = (type: AlarmEventType, occurredAt: number) =>
    signature({ type, alarm, at, effectiveAt: at, occurredAt, receivers: [] }, NOON, true);
  expect(told('returned', NOON + 89_000)).toBe('90s returned yellow p.H of wujin-gas/cab-001, newest sample at 89s');
  expect(told('raised', NOON + 80_000)).toBe('90s raised yellow p.H of wujin-gas/cab-001, since 80s');
  expect(told('raised', at)).toBe('90s raised yellow p.H of wujin-gas/cab-001');
});
