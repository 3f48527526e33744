import { describe, expect, it } from 'vitest';
import { createDecoders } from '../../../src/ingest/decoders.ts';
import { telemetryTopic } from '../../../src/ingest/wire.ts';
import { buildDevice, buildProfile, NOON } from '../../helpers/readings.ts';

const settings = (...ids: string[]) => ({
  devices: new Map(ids.map((id) => [`wujin-gas/${id}`, buildDevice(buildProfile(), id)])),
  futureToleranceMs: 60_000,
  liveWindowMs: 300_000,
});
const from = (id: string) => ({
  topic: telemetryTopic(`wujin-gas/${id}`),
  client: 'c',
  receivedAt: NOON,
  oversized: null,
  payload: Buffer.from('{"values":{"pressure":1}}'),
});

describe('decoders of a run', () => {
  it('read each journal record by the configuration of its time, until nobody asks for it', () => {
    const decoders = createDecoders(settings('a'));
    const takes = (id: string, seq?: number) =>
      (seq === undefined ? decoders.decode : decoders.at(seq))(from(id)).readings.length === 1;
    decoders.change(settings('b'), 10);
    decoders.change(settings('c'), 20);
    expect([takes('a'), takes('b'), takes('c')]).toEqual([false, false, true]);
    expect([takes('a', 1), takes('a', 10), takes('b', 11), takes('b', 20), takes('c', 21)]).toEqual(
      Array(5).fill(true),
    );
    expect(takes('c', 20)).toBe(false);
    decoders.release(10);
    expect([takes('a', 10), takes('b', 10), takes('b', 11)]).toEqual([false, true, true]);
    decoders.release(20);
    expect(takes('c', 1)).toBe(true);
  });
});
