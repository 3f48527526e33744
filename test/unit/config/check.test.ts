import { describe, expect, test } from 'vitest';
import { check } from '../../../src/cli/check.ts';
import { FIXTURES, GOOD_SECRET } from './directory.ts';

async function run(name: string, json = false) {
  const out: string[] = [];
  const env = { CC_SECRET: GOOD_SECRET, INFLUX_PASSWORD: 'x' };
  const code = await check({ config: FIXTURES + name, json }, { out: (line) => out.push(line), env });
  return { code, out };
}

describe('davylamp check', () => {
  test('says what a good configuration holds, and what to think about', async () => {
    const { code, out } = await run('annotated-good');
    expect(code).toBe(0);
    expect(out[1]).toBe('  line 17  points.outletPressure.rate.falling.over = 60');
    expect(out.at(-2)).toMatch(/1 sites, 1 devices, 1 profiles, 1 points, 5 limits, 1 receivers, 0 accounts; version /);
    expect(out.at(-1)).toBe('0 errors, 1 warning');
  });

  test('groups the faults of a bad one by file and fails', async () => {
    const { code, out } = await run('overrides-bad');
    expect(code).toBe(1);
    expect(out.filter((line) => !line.startsWith(' '))).toEqual([
      'profiles/gas-regulator-cabinet.yaml',
      'devices/site.yaml',
      '8 errors, 1 warning',
    ]);
  });

  test('writes one JSON document for machines', async () => {
    const { code, out } = await run('overrides-bad', true);
    expect(code).toBe(1);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      ok: false,
      errors: 8,
      warnings: 1,
      contents: null,
      faults: expect.arrayContaining([
        {
          file: 'devices/site.yaml',
          path: 'devices[0].limits.outletPressure.H.at',
          line: 3,
          value: 4.5,
          code: 'LIMIT_ORDER',
          message: expect.stringContaining('LL < L < H < HH'),
          severity: 'error',
        },
      ]),
    });
  });
});
