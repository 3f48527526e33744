import { describe, expect, test } from 'vitest';
import { cloudEvent } from '../../../../src/alerts/delivery/cloud-event.ts';
import { createNotification } from '../../../../src/alerts/delivery/notification.ts';
import { readCloudEvent } from '../../../../src/alerts/delivery/stored-event.ts';
import { SAMPLE_KINDS, sampleAlarm, sampleEvent } from '../../../../src/alerts/templates/sample.ts';

const AT = Date.UTC(2026, 10, 21, 14, 3, 11, 204);

describe('a stored event', () => {
  test.each(SAMPLE_KINDS)('%s is read back as it was', (kind) => {
    const event = sampleEvent(kind, sampleAlarm(AT), 'duty', AT);
    expect(readCloudEvent(cloudEvent(event, 42))).toEqual({ sequence: 42, event });
  });

  test('of an earlier version has what it did not know', () => {
    const event = sampleEvent('raised', sampleAlarm(AT), 'duty', AT);
    const envelope = JSON.parse(cloudEvent(event, 1).toString());
    delete envelope.data.details;
    for (const later of ['shown', 'bypass', 'annunciatedAt', 'escalations']) delete envelope.data.alarm[later];
    const read = readCloudEvent(Buffer.from(JSON.stringify(envelope))).event;
    expect(read).toMatchObject({ details: null, alarm: { shown: 'unacknowledged', bypass: null, escalations: 0 } });
  });

  test.each(['', 'null', '{}', '{"data":{}}', '{"data":{"sequence":1,"alarm":{}},"time":"x"}'])(
    '%j is none',
    (text) => {
      expect(() => readCloudEvent(Buffer.from(text))).toThrow('the stored event cannot be read');
    },
  );

  test('a digest ranks as the worst that it tells, and is about what all of it shares', () => {
    const digest = sampleEvent('digest', sampleAlarm(AT), 'duty', AT);
    expect(createNotification(digest, 'duty', 1)).toMatchObject({
      tier: 'red',
      subject: 'site=sample-site',
      alarmId: null,
    });
  });
});
