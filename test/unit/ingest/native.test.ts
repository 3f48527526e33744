import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNativeDecoder } from '../../../src/ingest/decode/native.ts';
import type { Point } from '../../../src/model/device.ts';
import { REJECTION_REASONS, type RejectionReason } from '../../../src/model/reading.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildDevice, buildProfile, NOON } from '../../helpers/readings.ts';
import { buildLimit, calculatingDevice, watchedDevice } from '../../helpers/watched.ts';

const profile = buildProfile({ pressure: 'number', open: 'boolean', state: 'string' });
const points: Point[] = profile.points.map((point) => (point.id === 'pressure' ? { ...point, range: [0, 10] } : point));
const device = { ...buildDevice({ ...profile, points }), points };
const decode = createNativeDecoder(new Map([[device.key, device]]), {
  futureToleranceMs: 60_000,
  liveWindowMs: 300_000,
});
const TOPIC = 'v1/wujin-gas/cab-001/telemetry';

function arrive(payload: string | Uint8Array, topic = TOPIC, oversized: number | null = null) {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return decode({ topic, payload: bytes, client: 'test', receivedAt: NOON, oversized });
}

const object = (fields: object) => JSON.stringify({ ts: NOON - 1000, values: { pressure: 2.81 }, ...fields });

describe('native payload', () => {
  it('takes an object', () => {
    const { readings, rejections } = arrive(object({ seq: 81, quality: { pressure: 'uncertain' } }));
    expect(rejections).toEqual([]);
    expect(readings).toMatchObject([
      {
        ts: NOON - 1000,
        receivedAt: NOON,
        seq: 81,
        subMs: 81,
        values: [2.81, undefined, undefined],
        qualities: ['uncertain', 'good', 'good'],
        historical: false,
        status: 'actual',
      },
    ]);
  });

  it('takes a batch, and what is good of it', () => {
    const { readings, rejections } = arrive(
      `[${object({})},{"values":3},${object({ historical: true, status: 'test' })}]`,
    );
    expect(readings).toHaveLength(2);
    expect(readings[1]).toMatchObject({ historical: true, status: 'test' });
    expect(rejections.map((rejection) => rejection.reason)).toEqual(['wrongShape']);
  });

  it.each([
    ['2026-11-21T22:19:52Z', Date.UTC(2026, 10, 21, 22, 19, 52)],
    ['2026-11-22T06:19:52.500+08:00', Date.UTC(2026, 10, 21, 22, 19, 52, 500)],
    ['2026-11-21T22:19Z', Date.UTC(2026, 10, 21, 22, 19)],
    [undefined, NOON],
  ])('takes ts %s', (ts, expected) => {
    expect(arrive(object({ ts })).readings[0]?.ts).toBe(expected);
  });

  it('uses the receive time, and says so, when the source is ahead of it', () => {
    expect(arrive(object({ ts: NOON + 60_000 })).readings[0]).toMatchObject({
      ts: NOON + 60_000,
      sourceTs: null,
      clockAhead: false,
    });
    expect(arrive(object({ ts: NOON + 60_001 })).readings[0]).toMatchObject({
      ts: NOON,
      sourceTs: NOON + 60_001,
      clockAhead: true,
    });
  });

  it('takes null as no value of bad quality, and what is out of range as bad', () => {
    const { readings } = arrive(
      `[${object({ values: { pressure: null } })},${object({ values: { pressure: 10.5 } })}]`,
    );
    expect(readings.map((reading) => [reading.values[0], reading.qualities?.[0]])).toEqual([
      [null, 'bad'],
      [10.5, 'bad'],
    ]);
  });

  it('tells readings of one millisecond apart, and a repeat from neither', () => {
    const subMs = (fields: object) => arrive(object(fields)).readings[0]?.subMs;
    expect(subMs({})).toBe(subMs({}));
    expect(subMs({})).not.toBe(subMs({ values: { pressure: 2.82 } }));
    expect(subMs({ seq: 1_000_081 })).toBe(81);
  });

  it('takes presence', () => {
    const topic = 'v1/wujin-gas/cab-001/status';
    expect(arrive('offline', topic).presence).toEqual({ device, online: false });
    expect(arrive('{}', topic).rejections[0]?.reason).toBe('wrongShape');
  });

  const deep = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
  const bad: [string, string | Uint8Array, RejectionReason][] = [
    ['truncated JSON', '{"values":{"pressure":2', 'notJson'],
    ['nothing', '', 'notJson'],
    ['a byte order mark', `\uFEFF${object({})}`, 'notJson'],
    ['UTF-16', Buffer.from(object({}), 'utf16le'), 'notJson'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 'notUtf8'],
    ['ill-formed UTF-8', Buffer.from('{"values":{"state":"\xc0\x80"}}', 'latin1'), 'notUtf8'],
    ['NaN', '{"values":{"pressure":NaN}}', 'notJson'],
    ['1e999', '{"values":{"pressure":1e999}}', 'notFinite'],
    ['a number', '3', 'wrongShape'],
    ['null', 'null', 'wrongShape'],
    ['a text', '"x"', 'wrongShape'],
    ['no values', '{"ts":1795299592000}', 'wrongShape'],
    ['empty values', '{"values":{}}', 'noValues'],
    ['an empty batch', '[]', 'noValues'],
    ['a numeric text', '{"values":{"pressure":"2.8"}}', 'wrongType'],
    ['a boolean for a number', '{"values":{"pressure":true}}', 'wrongType'],
    ['a number for a boolean', '{"values":{"open":1}}', 'wrongType'],
    ['an object for a value', '{"values":{"pressure":{"v":1}}}', 'wrongType'],
    ['a long text', `{"values":{"state":"${'x'.repeat(257)}"}}`, 'tooLong'],
    ['deep nesting in a value', `{"values":{"pressure":${deep(5000)}}}`, 'tooDeep'],
    ['deep nesting', deep(5000), 'tooDeep'],
    ['an unknown point', '{"values":{"presure":1}}', 'unknownPoint'],
    ['a prototype name as point', '{"values":{"__proto__":1}}', 'unknownPoint'],
    ['a prototype name as key', object({}).replace('{', '{"__proto__":{"admin":1},'), 'unknownKey'],
    ['constructor as point', '{"values":{"constructor":1}}', 'unknownPoint'],
    ['a line-protocol injection as point', '{"values":{"pressure=9,x\\nforged v":1}}', 'unknownPoint'],
    ['seconds', object({ ts: 1_795_299_592 }), 'timestampInSeconds'],
    ['microseconds', object({ ts: 1_795_299_592_000_000 }), 'timestampInMicroseconds'],
    ['nanoseconds', object({ ts: 1_795_299_592_000_000_000 }), 'timestampInNanoseconds'],
    ['1970', object({ ts: 5 }), 'timestampOutOfRange'],
    ['a negative time', object({ ts: -1 }), 'timestampOutOfRange'],
    ['the year 2200', object({ ts: Date.UTC(2200, 0) }), 'timestampOutOfRange'],
    ['half a millisecond', object({ ts: NOON - 0.5 }), 'badTimestamp'],
    ['an infinite time', '{"ts":1e999,"values":{"pressure":1}}', 'notFinite'],
    ['a time without zone', object({ ts: '2026-11-21T22:19:52' }), 'badTimestamp'],
    ['a day that does not exist', object({ ts: '2026-02-30T00:00:00Z' }), 'badTimestamp'],
    ['a time as numeric text', object({ ts: '1795299592000' }), 'badTimestamp'],
    ['a null time', object({ ts: null }), 'badTimestamp'],
    ['a negative seq', object({ seq: -1 }), 'badSeq'],
    ['an unsafe seq', object({ seq: 2 ** 53 }), 'badSeq'],
    ['an unknown quality', object({ quality: { pressure: 'fine' } }), 'badQuality'],
    ['a quality without value', object({ quality: { open: 'bad' } }), 'unknownPoint'],
    ['an unknown status', object({ status: 'drill' }), 'badStatus'],
    ['a textual historical', object({ historical: 'yes' }), 'wrongShape'],
    ['too many readings', `[${new Array(10_001).fill('{}').join(',')}]`, 'tooMany'],
  ];

  it.each(bad)('refuses %s by name', (_, payload, reason) => {
    const { rejections } = arrive(payload);
    expect(rejections.map((rejection) => rejection.reason)).toContain(reason);
    expect(rejections[0]?.message).not.toBe('');
  });

  it.each([
    ['v1/wujin-gas/cab-999/telemetry', 'unknownDevice'],
    ['v1/wujin-gas/telemetry', 'unknownTopic'],
    ['v1/__proto__/constructor/telemetry', 'unknownDevice'],
    ['v1/a/b/c/telemetry', 'unknownTopic'],
  ] as const)('refuses topic %s', (topic, reason) => {
    expect(arrive(object({}), topic).rejections[0]).toMatchObject({ reason, topic });
  });

  it('refuses what the broker cut short', () => {
    expect(arrive('{"values', TOPIC, 1_048_576).rejections[0]).toMatchObject({ reason: 'oversized' });
  });

  it.each(['x', 'seq', 'ts', 'quality', 'status', 'historical'])('survives nesting under "%s"', (key) => {
    const { readings, rejections } = arrive(object({}).replace('{', `{"${key}":${deep(50_000)},`));
    expect(rejections.length + readings.length).toBeGreaterThan(0);
    expect(rejections[0]?.payload.length ?? 0).toBeLessThanOrEqual(4096);
  });

  it('survives nesting under an unknown point, and keeps its neighbour', () => {
    const { readings, rejections } = arrive(`{"values":{"pressure":2.5,"rssi":${deep(50_000)}}}`);
    expect(readings[0]?.values[0]).toBe(2.5);
    expect(rejections.map(({ reason }) => reason)).toEqual(['unknownPoint']);
  });

  it('takes a batch in the order of its source times', () => {
    const { readings } = arrive(
      `[${object({ ts: NOON - 10 })},${object({ ts: NOON - 30 })},${object({ ts: NOON - 20 })}]`,
    );
    expect(readings.map(({ ts }) => ts)).toEqual([NOON - 30, NOON - 20, NOON - 10]);
    const ahead = arrive(`[${object({ ts: NOON + 90_000 })},${object({ ts: NOON + 80_000 })}]`);
    expect(ahead.readings.map(({ sourceTs }) => sourceTs)).toEqual([NOON + 80_000, NOON + 90_000]);
  });

  it.each([
    ['a text for a number', '{"values":{"pressure":"2.8"}}', 'wrongType', 0, null],
    ['a boolean for a number', '{"values":{"pressure":true}}', 'wrongType', 0, null],
    ['a number for a boolean', '{"values":{"open":1}}', 'wrongType', 1, null],
    ['an object', '{"values":{"pressure":{"v":1}},"quality":{"pressure":"good"}}', 'wrongType', 0, null],
    ['infinity', '{"values":{"pressure":-1e999}}', 'notFinite', 0, null],
    ['a long text', `{"values":{"state":"${'x'.repeat(257)}"}}`, 'tooLong', 2, null],
    ['deep nesting', `{"values":{"pressure":${deep(50)}}}`, 'tooDeep', 0, null],
    ['an unknown quality', '{"values":{"pressure":2.8},"quality":{"pressure":"fine"}}', 'badQuality', 0, 2.8],
  ])('makes of %s a bad sample at once, beside the dead letter', (_, payload, reason, index, value) => {
    const { readings, rejections } = arrive(payload);
    expect(rejections.map((rejection) => rejection.reason)).toEqual([reason]);
    expect(readings).toHaveLength(1);
    expect(readings[0]?.values).toEqual([0, 1, 2].map((at) => (at === index ? value : undefined)));
    expect(readings[0]?.qualities?.[index]).toBe('bad');
  });

  it('keeps the good values beside a bad one', () => {
    const { readings, rejections } = arrive('{"values":{"pressure":2.8,"open":"yes","rssi":-70}}');
    expect(readings[0]?.values).toEqual([2.8, null, undefined]);
    expect(readings[0]?.qualities).toEqual(['good', 'bad', 'good']);
    expect(rejections.map(({ reason, payload }) => [reason, payload])).toEqual([
      ['wrongType', '{"open":"yes"}'],
      ['unknownPoint', '{"rssi":-70}'],
    ]);
  });

  it('gives a reading or a named rejection for whatever JSON comes, and pollutes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 12 }), fc.string({ unit: 'binary' })), (text) => {
        const { readings, rejections } = arrive(text);
        expect(readings.length + rejections.length).toBeGreaterThan(0);
        for (const { reason, payload } of rejections) {
          expect(REJECTION_REASONS).toContain(reason);
          expect(payload.length).toBeLessThanOrEqual(4096);
        }
      }),
      { numRuns: 2000 },
    );
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('a calculated point', () => {
  it('is refused where a device sends it, and the rest of the reading counts', () => {
    const calculating = calculatingDevice({ sum: 'p + q' });
    const settings = { futureToleranceMs: 60_000, liveWindowMs: 300_000 };
    const payload = Buffer.from('{"values":{"p":1,"sum":3}}');
    const topic = `v1/${calculating.key}/telemetry`;
    const decoder = createNativeDecoder(new Map([[calculating.key, calculating]]), settings);
    const { readings, rejections } = decoder({ topic, payload, client: 'c', oversized: null, receivedAt: NOON });
    expect(rejections).toMatchObject([{ reason: 'unknownPoint', message: '"sum" is calculated here: do not send it' }]);
    expect(readings).toMatchObject([{ values: [1, undefined] }]);
  });
});

describe('a reading that comes late', () => {
  it('is marked as such beyond the live window, whether the source says so or not', () => {
    const lateOf = (ts: number) => {
      const payload = Buffer.from(JSON.stringify({ ts, values: { pressure: 2 } }));
      const topic = `v1/${device.key}/telemetry`;
      const decoded = decode({ topic, payload, client: 'c', oversized: null, receivedAt: NOON });
      return decoded.readings[0]?.late;
    };
    expect([lateOf(NOON - 300_000), lateOf(NOON - 300_001)]).toEqual([false, true]);
  });
});

describe('a value of a wrong type', () => {
  it('takes the place of the last good value in the rules', () => {
    const watched = watchedDevice({ limits: [buildLimit('H', 3)] });
    const devices = new Map([[watched.key, watched]]);
    const settings = { futureToleranceMs: 60_000, liveWindowMs: 300_000, latenessMs: 10_000 };
    const decoder = createNativeDecoder(devices, settings);
    const engine = new Engine(devices, settings, () => {});
    const topic = `v1/${watched.key}/telemetry`;
    ['{"values":{"p":1}}', '{"values":{"p":"4.2"}}'].forEach((text, i) => {
      const envelope = { topic, payload: Buffer.from(text), client: 'c', oversized: null, receivedAt: NOON + i };
      for (const reading of decoder(envelope).readings) engine.step(reading, i + 1);
    });
    expect(engine.state(watched.key, 'actual')?.points).toMatchObject({
      p: { ts: NOON + 1, value: null, quality: 'bad' },
    });
  });
});
