import { afterEach, expect, test } from 'vitest';
import { buildAlarmEvent, type DeliveryRig, openRig } from '../../../helpers/delivery-rig.ts';

const AT = Date.UTC(2026, 10, 21);
let rig: DeliveryRig;
afterEach(() => rig.close());

const events = (first: number, last: number, comment = '') =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    ...buildAlarmEvent(first + index, 'raised', { at: AT }),
    comment,
  }));

test('gives exactly what was or will be sent, page by page', async () => {
  rig = openRig({ webhooks: {}, started: false });
  await rig.publish(events(1, 5), ['cc']);
  const first = rig.outbox.missed({ receiver: 'cc', from: 2, limit: 3 });
  expect(first).toMatchObject({ last: 5, next: 5, expired: [] });
  expect(first.items.map(({ notification }) => notification.sequence)).toEqual([2, 3, 4]);
  for (const { notification, body } of first.items) {
    expect(body).toBe(rig.outbox.body(notification)?.toString('utf8'));
    expect(JSON.parse(body)).toMatchObject({ id: notification.eventId, data: { sequence: notification.sequence } });
  }
  expect(rig.outbox.missed({ receiver: 'cc', from: 5, limit: 3 })).toMatchObject({ items: [{}], next: null });
  expect(rig.outbox.missed({ receiver: 'cc', from: 2, to: 3 }).items).toHaveLength(2);
  expect(rig.outbox.missed({ receiver: 'cc', from: 9 })).toMatchObject({ items: [], expired: [], last: 5, next: null });
  expect(rig.outbox.missed({ receiver: 'other', from: 1 })).toEqual({ items: [], expired: [], last: 0, next: null });
});

test('names what is no longer kept', async () => {
  rig = openRig({ webhooks: {}, started: false, limits: { maxDelivered: 2 } });
  await rig.publish(events(1, 6), ['cc']);
  // Settled in an order of its own: what goes first is what was settled first.
  for (const sequence of [2, 1, 4, 6]) {
    const found = rig.outbox.list({ receiver: 'cc' }).items.find((one) => one.sequence === sequence);
    if (!found) throw new Error(`no notification ${sequence}`);
    await rig.environment.commit((batch) => rig.outbox.update(batch, { ...found, state: 'delivered', settledAt: AT }));
  }
  const page = rig.outbox.missed({ receiver: 'cc', from: 1 });
  expect(page.items.map(({ notification }) => notification.sequence)).toEqual([3, 4, 5, 6]);
  expect(page.expired).toEqual([{ from: 1, to: 2 }]);
  expect(rig.outbox.missed({ receiver: 'cc', from: 1, to: 2 })).toMatchObject({
    items: [],
    expired: [{ from: 1, to: 2 }],
  });
  const [first, second] = [rig.outbox.missed({ receiver: 'cc', from: 1, limit: 1 }), { receiver: 'cc', from: 4 }];
  expect([first.expired, first.next]).toEqual([[{ from: 1, to: 2 }], 4]);
  expect(rig.outbox.missed(second).expired).toEqual([]);
});

test('a page ends before it is too large, and never empty', async () => {
  rig = openRig({ webhooks: {}, started: false });
  await rig.publish(events(1, 4, 'x'.repeat(1_500_000)), ['cc']);
  const page = rig.outbox.missed({ receiver: 'cc', from: 1 });
  expect(page.items.length).toBeGreaterThan(0);
  expect(page.items.length).toBeLessThan(4);
  expect(page.next).toBe(page.items.length + 1);
});

test('what is not committed yet is not missed', async () => {
  rig = openRig({ webhooks: {}, started: false });
  await rig.publish(events(1, 1), ['cc']);
  const commit = rig.publish(events(2, 2), ['cc']);
  expect(rig.outbox.missed({ receiver: 'cc', from: 1 })).toMatchObject({ last: 1, expired: [] });
  await commit;
  expect(rig.outbox.missed({ receiver: 'cc', from: 1 })).toMatchObject({ last: 2, expired: [] });
});
