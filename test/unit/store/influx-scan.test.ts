import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InfluxAsk, scanInflux } from '../../../src/store/influx-scan.ts';
import { buildProfile } from '../../helpers/readings.ts';

const profile = buildProfile({ pressure: 'number' });
const T0 = Date.UTC(2026, 10, 21, 22);
const NUMBERS = /time >= (-?\d+)ms and time < (-?\d+)ms order by time limit (\d+)(?: offset (\d+))?$/;

/** Answers from a list as a server with `max-row-limit` would: what is beyond it is missing, with a mark. */
function server(times: readonly number[], maxRowLimit: number): { ask: InfluxAsk; statements: string[] } {
  const sorted = times.toSorted((a, b) => a - b);
  const statements: string[] = [];
  const ask: InfluxAsk = async (statement) => {
    statements.push(statement);
    const [, from, to, limit, offset] = (NUMBERS.exec(statement) ?? []).map((text) => Number(text ?? 0));
    const inside = sorted
      .filter((ts) => ts >= (from ?? 0) && ts < (to ?? 0))
      .slice(offset, (offset ?? 0) + (limit ?? 0));
    if (inside.length === 0) return { results: [{}] };
    const rows = inside.slice(0, maxRowLimit);
    // As InfluxDB 1.6: more than one chunk of 10,000 is called partial although nothing is missing.
    const partial = rows.length < inside.length || rows.length > 10_000;
    const values = rows.map((ts) => [new Date(ts).toISOString(), 'site', 'device', null, 1, null, null]);
    return { results: [{ series: [{ columns: [], values, ...(partial ? { partial } : {}) }] }] };
  };
  return { ask, statements };
}

async function scan(ask: InfluxAsk, from: number, to: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { ts } of scanInflux(ask, { profile, from, to })) found.push(...ts);
  return found;
}

describe('pages of InfluxDB', () => {
  it('give every reading once, whatever the gaps, the bursts and the limit of the server', async () => {
    const burst = fc.record({
      gapMs: fc.constantFrom(0, 1, 50, 60_000, 5_000_000, 40_000_000_000),
      rows: fc.constantFrom(1, 2, 700, 9_999, 10_000, 10_001, 25_000),
      stepMs: fc.constantFrom(0, 0, 1, 977),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(burst, { maxLength: 4 }),
        fc.constantFrom(26_000, 200_000),
        async (bursts, maxRowLimit) => {
          let ts = T0;
          const times = bursts.flatMap(({ gapMs, rows, stepMs }) => {
            ts += gapMs + 1;
            const first = ts;
            ts += stepMs * rows;
            return Array.from({ length: rows }, (_, i) => first + stepMs * i);
          });
          const { ask } = server(times, maxRowLimit);
          expect(await scan(ask, T0 - 1000, ts + 1)).toEqual(times);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  it('are as large as the server allows', async () => {
    const times = Array.from({ length: 30_000 }, (_, i) => T0 + Math.floor(i / 100));
    const { ask } = server(times, 1000);
    expect(await scan(ask, T0, T0 + 1000)).toEqual(times);
  });

  it('say so when the server can never answer all of a millisecond', async () => {
    const { ask } = server(new Array(2000).fill(T0), 1000);
    await expect(scan(ask, T0, T0 + 1000)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('max-row-limit'),
    });
  });

  it('are few: windows widen where little is, and leap where nothing is', async () => {
    const day = 86_400_000;
    const times = Array.from({ length: 20_000 }, (_, i) => T0 + i * 60_000);
    const { ask, statements } = server([T0 - 9000 * day, ...times], 200_000);
    expect(await scan(ask, 0, T0 + 9000 * day)).toHaveLength(20_001);
    expect(statements.length).toBeLessThan(15);
  });
});
