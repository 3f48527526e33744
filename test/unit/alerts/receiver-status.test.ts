import { expect, test } from 'vitest';
import { receiverStatuses } from '../../../src/alerts/receiver-status.ts';
import { buildReceiver } from '../../helpers/routing.ts';

test('lists whoever is configured, and whoever something is kept for', () => {
  expect(
    receiverStatuses({
      configured: [buildReceiver('duty-room'), buildReceiver('cc')],
      counts: [
        { receiver: 'cc', last: 7, pending: 2, dead: 1 },
        { receiver: 'gone', last: 3, pending: 3, dead: 0 },
      ],
      failing: new Map([['cc', true]]),
      desks: [{ receiver: 'duty-room', floodSince: 5, waiting: 4 }],
    }),
  ).toEqual([
    { id: 'cc', channel: 'webhook', last: 7, pending: 2, dead: 1, failing: true, floodSince: null, held: 0 },
    { id: 'duty-room', channel: 'webhook', last: 0, pending: 0, dead: 0, failing: false, floodSince: 5, held: 4 },
    { id: 'gone', channel: null, last: 3, pending: 3, dead: 0, failing: false, floodSince: null, held: 0 },
  ]);
});
