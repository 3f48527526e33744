import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { RetryOutcome } from '../../../src/alerts/delivery/notification.ts';
import { createWebhook } from '../../../src/alerts/delivery/webhook.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { type Behaviour, startReceiver, TEST_SECRET, type TestReceiver } from '../../helpers/receiver.ts';

const BODY = Buffer.from('{"id":"evt_1","data":{"message":"出口压力"}}');
const MESSAGE = { eventId: 'evt_1', sequence: 1, body: BODY };
const DEPS = { clock: systemClock, version: '1.2.3' };
const NEVER = new AbortController().signal;

let receiver: TestReceiver;
afterEach(() => receiver?.close());

async function sendTo(behaviour: Behaviour, timeoutMs = 10_000) {
  receiver = await startReceiver({ behave: () => behaviour });
  const startedAt = performance.now();
  const outcome = await createWebhook(receiver.settings({ timeoutMs }), DEPS).send(MESSAGE, NEVER);
  return { outcome, tookMs: performance.now() - startedAt };
}

describe('webhook', () => {
  test('posts the exact bytes, signed as an independent HMAC says', async () => {
    expect((await sendTo({ kind: 'answer', status: 204 })).outcome).toEqual({ kind: 'delivered', status: 204 });
    const [request] = receiver.requests;
    expect(request).toMatchObject({ id: 'evt_1', body: BODY.toString(), signatureFault: null });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'user-agent': 'davylamp/1.2.3',
    });
    const key = Buffer.from(TEST_SECRET.slice('whsec_'.length), 'base64');
    const text = `evt_1.${request?.headers['webhook-timestamp']}.${BODY}`;
    const expected = `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
    expect(request?.headers['webhook-signature']).toBe(expected);
  });

  test('signs with every secret while they are being changed', async () => {
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    receiver = await startReceiver();
    const webhook = createWebhook(receiver.settings({ secret: `${other} ${TEST_SECRET}` }), DEPS);
    await webhook.send(MESSAGE, NEVER);
    expect(receiver.requests[0]?.signatureFault).toBeNull();
    expect(receiver.requests[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  test.each([400, 401, 404, 410, 500, 503])('%i is tried again', async (status) => {
    expect((await sendTo({ kind: 'answer', status })).outcome).toMatchObject({
      kind: 'retry',
      code: 'answered',
      status,
      retryAfterMs: null,
    });
  });

  test.each([301, 302, 303, 307, 308])('%i is a failure and is not followed', async (status) => {
    const target = await startReceiver();
    const { outcome } = await sendTo({ kind: 'answer', status, headers: { location: target.url } });
    expect(outcome).toMatchObject({ kind: 'retry', code: 'answered', status });
    expect(target.requests).toHaveLength(0);
    await target.close();
  });

  test('passes on Retry-After', async () => {
    const { outcome } = await sendTo({ kind: 'answer', status: 429, headers: { 'retry-after': '7' } });
    expect(outcome).toMatchObject({ kind: 'retry', retryAfterMs: 7000 });
  });

  test('gives up waiting at the timeout', async () => {
    const { outcome, tookMs } = await sendTo({ kind: 'hang' }, 200);
    expect(outcome).toMatchObject({ kind: 'retry', code: 'timeout', reason: 'no answer within 200 ms' });
    expect(tookMs).toBeLessThan(1500);
  });

  test('a reset connection is tried again', async () => {
    expect((await sendTo({ kind: 'reset' })).outcome).toMatchObject({ kind: 'retry', code: 'connection' });
  });

  test.each(['drip', 'flood'] as const)('an endless answer (%s) is cut off soon; its status counts', async (kind) => {
    const { outcome, tookMs } = await sendTo({ kind, status: 200 });
    expect(outcome).toEqual({ kind: 'delivered', status: 200 });
    expect(tookMs).toBeLessThan(1500);
    await receiver.close();
    const refused = await sendTo({ kind, status: 500 });
    expect(refused.outcome).toMatchObject({ kind: 'retry', status: 500 });
  });

  test('nobody listening: the reason names the code, never the URL or the answer', async () => {
    receiver = await startReceiver();
    const settings = receiver.settings({ url: `${receiver.url}?token=hunter2` });
    await receiver.close();
    const outcome = (await createWebhook(settings, DEPS).send(MESSAGE, NEVER)) as RetryOutcome;
    expect(outcome).toMatchObject({ kind: 'retry', code: 'connection' });
    expect(outcome.reason).toBe('connection failed (ECONNREFUSED)');
  });

  test('stopping ends it without a verdict', async () => {
    receiver = await startReceiver({ behave: () => ({ kind: 'hang' }) });
    const stopping = new AbortController();
    const sent = createWebhook(receiver.settings(), DEPS).send(MESSAGE, stopping.signal);
    await receiver.waitFor(({ requests }) => requests.length === 1);
    stopping.abort();
    expect(await sent).toEqual({ kind: 'aborted' });
  });
});

describe('what is no webhook', () => {
  const secret = TEST_SECRET;
  test.each([
    ['https://cc.example/alarms', false, true],
    ['http://127.0.0.1:9000/', false, true],
    ['http://localhost/', false, true],
    ['http://localhost./', false, true],
    ['http://[::1]/', false, true],
    ['http://0x7f000001/', false, true],
    ['http://cc.example/', true, true],
    ['http://cc.example/', false, false],
    ['http://127.0.0.1.evil.example/', false, false],
    ['http://notlocalhost/', false, false],
    ['https://user:pass@cc.example/', false, false],
    ['file:///etc/passwd', true, false],
    ['ftp://cc.example/', true, false],
    ['javascript:alert(1)', true, false],
    ['not a url', false, false],
  ])('%s with allowHttp %s: usable %s', (url, allowHttp, usable) => {
    const create = () => createWebhook({ url, allowHttp, secret, timeoutMs: 1000 }, DEPS);
    if (usable) expect(create).not.toThrow();
    else expect(create).toThrow('URL of the receiver refused');
  });

  test('a secret that cannot sign is a fault and is not shown', () => {
    const create = () =>
      createWebhook({ url: 'https://cc.example', allowHttp: false, secret: 'whsec_%%%', timeoutMs: 1000 }, DEPS);
    expect(create).toThrow('webhook secret invalid');
    expect(create).not.toThrow('%%%');
  });
});
