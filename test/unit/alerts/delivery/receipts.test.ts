import { afterEach, expect, test } from 'vitest';
import type { Notification, Outcome } from '../../../../src/alerts/delivery/notification.ts';
import { createNotification } from '../../../../src/alerts/delivery/notification.ts';
import { attempted } from '../../../../src/alerts/delivery/receipt.ts';
import { buildAlarmEvent, type DeliveryRig, openRig } from '../../../helpers/delivery-rig.ts';
import { ACCEPT, startReceiver, type TestReceiver } from '../../../helpers/receiver.ts';

const AT = Date.UTC(2026, 10, 21);
const DELIVERED: Outcome = { kind: 'delivered', status: 204 };
const TIMEOUT: Outcome = { kind: 'retry', code: 'timeout', reason: 'no answer', status: null, retryAfterMs: null };

let rig: DeliveryRig | null = null;
let receiver: TestReceiver | null = null;
afterEach(async () => {
  await rig?.close();
  await receiver?.close();
  [rig, receiver] = [null, null];
});

test('the last five attempts are kept, and all are counted', () => {
  let tried: Notification = createNotification(buildAlarmEvent(1, 'raised', { at: AT }), 'cc', 1);
  for (let attempt = 0; attempt < 7; attempt++) {
    tried = attempted(tried, TIMEOUT, AT + attempt * 1000, AT + attempt * 1000 + 10);
  }
  tried = attempted(tried, DELIVERED, AT + 9000, AT + 8000);
  expect(tried).toMatchObject({ attempts: 8, lastAttemptAt: AT + 8000 });
  expect(tried.receipts).toEqual([
    ...[3, 4, 5, 6].map((attempt) => ({ at: AT + attempt * 1000, durationMs: 10, result: 'timeout', status: null })),
    { at: AT + 9000, durationMs: 0, result: 'delivered', status: 204 },
  ]);
});

test('a notification tells how its attempts went, after a restart too', async () => {
  let answers = 0;
  receiver = await startReceiver({ behave: () => (answers++ === 0 ? { kind: 'answer', status: 503 } : ACCEPT) });
  rig = openRig({ webhooks: { cc: receiver.settings() } });
  await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], ['cc']);
  await receiver.waitFor(({ requests }) => requests.length === 2);
  rig = await rig.restart();
  const [found] = rig.outbox.list({ receiver: 'cc' }).items;
  expect(found).toMatchObject({ state: 'delivered', attempts: 2 });
  expect(found?.receipts?.map(({ result, status }) => [result, status])).toEqual([
    ['answered', 503],
    ['delivered', 200],
  ]);
  expect(found?.receipts?.every(({ durationMs }) => durationMs >= 0 && durationMs < 10_000)).toBe(true);
});
