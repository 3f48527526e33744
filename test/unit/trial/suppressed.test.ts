import { expect, test } from 'vitest';
import { inDirectory, runDirectory, VESSEL, vesselFiles } from './trials.ts';

const SUPPRESS = `
suppress:
  - { id: isolated, when: "!open", points: [pressure], offDelay: 10s, reason: isolated for cleaning, owner: Li Wei }
`;

const TESTS = `
tests:
  - name: what is isolated is told to nobody, until it is opened again
    device: { profile: vessel, id: v }
    feed:
      open: [hold true 10s, hold false 60s, hold true 60s]
      pressure: [hold 4 20s, hold 7 110s]
    expect:
      - { at: 40s, pressure: H, state: suppressed }
      - { at: 79s, pressure: H, state: suppressed }
      - { at: 80s, pressure: H, state: unacknowledged, tier: yellow }
    notified:
      - { at: 80s, tier: yellow, alarm: pressure.H }
    also: [{ crashAt: 40s }, { duplicate: 20% }]
`;

test('a rule test sees what a suppression by design hides, over a crash too', async () => {
  const files = { ...vesselFiles(TESTS), 'profiles/vessel.yaml': `${VESSEL}${SUPPRESS}` };
  const { outcomes, faults } = await inDirectory(files, runDirectory);
  expect(faults).toEqual([]);
  expect(outcomes.map(({ failures }) => failures)).toEqual([[]]);
});
