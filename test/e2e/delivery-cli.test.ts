import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DELIVERY_STATES } from '../../src/alerts/delivery/notification.ts';
import { listDeliveries, redeliver } from '../../src/cli/deliveries.ts';
import { buildAlarmEvent, type DeliveryRig, openRig } from '../helpers/delivery-rig.ts';

let rig: DeliveryRig;
let server: Server;
let url: string;
let out: string[];
let err: string[];
const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };

/** The two routes of the API over a real outbox. */
beforeEach(async () => {
  [out, err] = [[], []];
  rig = openRig({ webhooks: {}, started: false, limits: { maxPending: 2 } });
  await rig.publish(
    [1, 2, 3, 4].map((alarm) => buildAlarmEvent(alarm)),
    ['cc'],
  );
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const send = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (request.method === 'GET') {
      const state = DELIVERY_STATES.find((each) => each === searchParams.get('state'));
      send(
        200,
        rig.outbox.list({
          state,
          receiver: searchParams.get('receiver') ?? undefined,
          limit: 1,
          cursor: searchParams.get('cursor') ?? undefined,
        }),
      );
      return;
    }
    const [, receiver = '', sequence = ''] =
      /^\/api\/v1\/deliveries\/([^/]+)\/([0-9]+)\/redeliver$/.exec(pathname) ?? [];
    rig.outbox.redeliver(receiver, Number(sequence), Date.now()).then(
      (item) => send(202, item),
      (error: Error) => send(409, { title: 'Refused', detail: error.message }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await rig.close();
});

describe('davylamp deliveries', () => {
  test('list prints a page and how to go on', async () => {
    expect(await listDeliveries({ url, receiver: 'cc' }, io)).toBe(0);
    expect(out[0]).toMatch(
      /^cc {2}4 {2}pending {4}orange {2}davylamp.alarm.raised {2}wujin-gas\/cab-4\/outletPressure {2}0x$/,
    );
    expect(out[1]).toBe('more: --cursor cc:4');
  });

  test('list --json prints the page as it is', async () => {
    expect(await listDeliveries({ url, json: true, state: 'dead' }, io)).toBe(0);
    expect(JSON.parse(out.join(''))).toMatchObject({
      items: [{ sequence: 2, lastError: 'outbox full' }],
      next: 'cc:2',
    });
  });

  test('redeliver without a sequence sends all dead letters, page by page', async () => {
    await rig.environment.commit((batch) => {
      for (const item of rig.outbox.list({ state: 'pending' }).items) {
        rig.outbox.update(batch, { ...item, state: 'delivered' });
      }
    });
    expect(await redeliver({ url, receiver: 'cc', json: true }, io)).toBe(0);
    expect(JSON.parse(out.join(''))).toEqual({ receiver: 'cc', redelivered: [1, 2] });
    expect(rig.outbox.list({ state: 'dead' }).items).toEqual([]);
  });

  test('a refusal of the engine is shown and fails', async () => {
    expect(await redeliver({ url, receiver: 'cc', sequence: 4 }, io)).toBe(1);
    expect(err.join()).toContain('still being delivered');
  });

  test('no engine there is said plainly', async () => {
    expect(await listDeliveries({ url: 'http://127.0.0.1:9' }, io)).toBe(1);
    expect(err.join()).toContain('is "davylamp serve" running?');
    expect(await listDeliveries({ url: 'nonsense' }, io)).toBe(1);
  });
});
