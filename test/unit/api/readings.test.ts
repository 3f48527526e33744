import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { AppError } from '../../../src/model/error.ts';
import { NOON } from '../../helpers/readings.ts';
import { openApi } from './api-client.ts';
import { fakePorts } from './fake-ports.ts';

let answer: ApiPorts['ingest'] | null = null;
const fake = fakePorts();
const api = openApi({
  ...fake,
  ports: { ...fake.ports, ingest: (...told) => (answer ?? fake.ports.ingest)(...told) },
});

beforeEach(() => {
  api.reset();
  answer = null;
});
afterAll(() => api.server.stop());

const address = { site: 'wujin-gas', device: 'cab-001' };
const post = (body: unknown) => api.call('POST', '/api/v1/readings', { body });
const payloads = () => (api.calls['ingest'] ?? []).map((call) => (call as { payload: string }).payload);

describe('POST /api/v1/readings', () => {
  test('one object goes to the journal as the device would have sent it', async () => {
    const sent = { ts: NOON, seq: 3, values: { pressure: 2.81, open: true }, quality: { pressure: 'uncertain' } };
    const { status, body } = await post({ ...address, ...sent });
    expect(body).toEqual({ accepted: 1, rejected: [] });
    expect(status).toBe(200);
    expect(api.calls['ingest']).toEqual([
      { key: 'wujin-gas/cab-001', payload: JSON.stringify(sent), client: 'http:127.0.0.1' },
    ]);
  });

  test('of an array each object is told apart', async () => {
    const { body } = await post([
      { ...address, values: { pressure: 1 } },
      { ...address, values: { pressure: '1', colour: 'red' } },
      { site: 'wujin-gas', device: 'nobody', values: { pressure: 1 } },
    ]);
    expect(body).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, reason: 'wrongType' },
        { index: 1, reason: 'unknownPoint' },
        { index: 2, reason: 'unknownDevice' },
      ],
    });
    expect(api.calls['ingest']).toHaveLength(3);
  });

  test.each([
    ['null', 'null'],
    ['"12"', '"12"'],
    ['true', 'true'],
    ['1e999', '1e999'],
    ['-1e999', '-1e999'],
    ['9007199254740993', '9007199254740992'],
    ['[[[]]]', '[[[]]]'],
  ])('a value %s reaches the journal as %s, never as 0', async (sent, kept) => {
    await post(`{"site":"wujin-gas","device":"cab-001","values":{"pressure":${sent}}}`);
    expect(payloads()).toEqual([`{"values":{"pressure":${kept}}}`]);
  });

  test.each([
    ['"12"', 'wrongType'],
    ['true', 'wrongType'],
    ['1e999', 'notFinite'],
  ])('a value %s is answered as %s', async (sent, reason) => {
    const { body } = await post(`{"site":"wujin-gas","device":"cab-001","values":{"pressure":${sent}}}`);
    expect(body).toMatchObject({ accepted: 0, rejected: [{ index: 0, reason }] });
  });

  test.each([
    ['no site', { device: 'd', values: {} }],
    ['null site', { ...address, site: null }],
    ['a number as device', { ...address, device: 1 }],
    ['a wildcard as site', { ...address, site: '+' }],
    ['a path as device', { ...address, device: '../x' }],
    ['a control character', { ...address, device: 'a\n' }],
    ['a prototype name', { ...address, device: '__proto__' }],
    ['a long name', { ...address, device: 'x'.repeat(65) }],
    [
      'one bad object in a batch',
      [
        { ...address, values: { pressure: 1 } },
        { ...address, site: '' },
      ],
    ],
    ['an empty batch', []],
    ['a batch of 1001', Array(1001).fill({ ...address, values: { pressure: 1 } })],
    ['a batch in a batch', [[{ ...address }]]],
    ['a number', 5],
    ['a string', '"x"'],
    ['null', 'null'],
    ['nothing', undefined],
  ])('%s is refused before anything is taken', async (_, body) => {
    const { status, body: problem } = await post(body);
    expect(problem).toMatchObject({ code: 'REQUEST_INVALID', errors: [{ in: 'body' }] });
    expect(status).toBe(400);
    expect(api.calls['ingest']).toBeUndefined();
  });

  test('what is nested too deep to write again is refused', async () => {
    const depth = 100_000;
    const { status, body } = await post(`{"site":"s","device":"d","values":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    expect(body).toMatchObject({ code: 'BODY_TOO_DEEP' });
    expect(status).toBe(400);
  });

  test.each(['JOURNAL_BUSY', 'JOURNAL_FAILED', 'JOURNAL_CLOSED'])(
    '%s is 503 with Retry-After: nothing is confirmed that is not on disk',
    async (code) => {
      answer = async (_, payload) => {
        if (payload.includes('2')) throw new AppError(code, 'fdatasync: EIO');
        return { readings: [], rejections: [] };
      };
      const { status, headers, body, text } = await post([1, 2].map((p) => ({ ...address, values: { pressure: p } })));
      expect(body).toMatchObject({ code, status: 503 });
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(text).not.toContain('EIO');
    },
  );

  test('it answers only when everything is durable', async () => {
    let durable = () => {};
    answer = () => new Promise((resolve) => (durable = () => resolve({ readings: [], rejections: [] })));
    let answered = false;
    const pending = post({ ...address, values: { pressure: 1 } }).then((each) => {
      answered = true;
      return each;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    durable();
    expect((await pending).status).toBe(200);
  });
});
