import { expect, test } from 'vitest';
import { cloudEvent } from '../../../../src/alerts/delivery/cloud-event.ts';
import { alarmTopics, createMqttChannel } from '../../../../src/alerts/delivery/mqtt-channel.ts';
import { sampleAlarm, sampleEvent } from '../../../../src/alerts/templates/sample.ts';
import type { DigestEvent, DigestLine } from '../../../../src/model/alarm.ts';
import { buildAlarmEvent } from '../../../helpers/delivery-rig.ts';
import { NOON } from '../../../helpers/readings.ts';

function digest(subjects: readonly string[], omitted = 0): DigestEvent {
  const event = sampleEvent('digest', sampleAlarm(NOON), 'bus', NOON);
  if (!('digest' in event)) throw new Error('no digest');
  const lines = subjects.map((subject): DigestLine => ({ ...event.digest.firstOut, subject }));
  return { ...event, digest: { ...event.digest, lines, omitted } };
}

test('an alarm goes to its site, what has none to a name that no site has', () => {
  expect(alarmTopics(buildAlarmEvent(1))).toEqual(['v1/wujin-gas/alarms']);
  expect(alarmTopics(buildAlarmEvent(1), ['linyi-chem'])).toEqual([]);
  expect(alarmTopics(sampleEvent('system', sampleAlarm(NOON), 'bus', NOON), ['linyi-chem'])).toEqual(['v1/_/alarms']);
});

test('a digest goes to every site it speaks of, so that who follows one site misses none of its alarms', () => {
  const event = digest(['wujin-gas/cab-001/p', 'linyi-chem/tank-001/p', 'wujin-gas/cab-002']);
  expect(alarmTopics(event)).toEqual(['v1/wujin-gas/alarms', 'v1/linyi-chem/alarms']);
  expect(alarmTopics(event, ['linyi-chem'])).toEqual(['v1/linyi-chem/alarms']);
  expect(alarmTopics(digest(['wujin-gas/cab-001/p'], 3))).toEqual(['v1/wujin-gas/alarms', 'v1/_/alarms']);
  expect(alarmTopics(digest([], 3))).toEqual(['v1/_/alarms']);
});

test('it counts as delivered when the broker has taken all of it', async () => {
  const published: string[] = [];
  let fails = true;
  const channel = createMqttChannel({ sites: [], timeoutMs: 1000 }, async (topic) => {
    if (fails && topic.includes('linyi')) throw new Error('full');
    published.push(topic);
  });
  const event = digest(['wujin-gas/a/p', 'linyi-chem/b/p']);
  const message = { eventId: event.id, sequence: 1, body: cloudEvent(event, 1) };
  expect(await channel.send(message, new AbortController().signal)).toMatchObject({ kind: 'retry' });
  fails = false;
  expect(await channel.send(message, new AbortController().signal)).toEqual({ kind: 'delivered', status: null });
  expect(published).toEqual(['v1/wujin-gas/alarms', 'v1/wujin-gas/alarms', 'v1/linyi-chem/alarms']);
});
