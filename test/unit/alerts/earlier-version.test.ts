import { describe, expect, it } from 'vitest';
import { completeAlarm, completeEvent } from '../../../src/alerts/earlier-version.ts';
import type { Alarm, AlarmEvent, ShownState } from '../../../src/model/alarm.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';

const LATER = [
  'shown',
  'bypass',
  'supervised',
  'nuisance',
  'annunciatedAt',
  'annunciatedTier',
  'escalations',
  'escalatedMs',
  'repeatedAt',
] as const;

/** An alarm as a version left it on disk that knew no bypasses, cases and follow-ups. */
function stored(state: ShownState): Alarm {
  const isLater = (name: string) => LATER.some((later) => later === name);
  return JSON.parse(JSON.stringify(buildAlarm({ state }), (name, part) => (isLater(name) ? undefined : part)));
}

describe('an alarm of an earlier version', () => {
  it.each<[ShownState, boolean]>([
    ['unacknowledged', true],
    ['returned', true],
    ['latchedUnacknowledged', true],
    ['acknowledged', false],
    ['latchedAcknowledged', false],
    ['normal', false],
  ])('that is %s waits for an answer: %s', (state, waits) => {
    expect(completeAlarm(stored(state))).toEqual({
      ...buildAlarm({ state }),
      annunciatedAt: waits ? NOON : null,
      annunciatedTier: waits ? 'yellow' : null,
    });
  });

  it('is left alone once it is complete', () => {
    const alarm = buildAlarm({ state: 'shelved', shown: 'returned', bypass: 'byp_1', escalations: 2 });
    expect(completeAlarm(alarm)).toEqual(alarm);
  });

  it('is completed in its events too', () => {
    const event = { type: 'davylamp.alarm.raised', alarm: stored('unacknowledged') } as AlarmEvent;
    expect(completeEvent(event)).toMatchObject({ details: null, alarm: { shown: 'unacknowledged' } });
  });
});
