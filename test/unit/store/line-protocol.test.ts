import { describe, expect, it } from 'vitest';
import { encodeLines } from '../../../src/store/line-protocol.ts';
import { schemaConflicts } from '../../../src/store/naming.ts';
import { buildDevice, buildProfile, buildReading } from '../../helpers/readings.ts';

const profile = buildProfile();
const device = buildDevice(profile);

describe('line protocol', () => {
  it('writes one line a reading with nanoseconds that are exact', () => {
    const reading = buildReading(device, { ts: 1_795_299_592_001, subMs: 42, values: { pressure: 2, open: false } });
    expect(encodeLines([reading])).toBe(
      'gas-cabinet,device=cab-001,site=wujin-gas pressure=2,open=false 1795299592001000042\n',
    );
  });

  it('counts backwards before 1970', () => {
    const reading = buildReading(device, { ts: -1, subMs: 1, values: { pressure: 1 } });
    expect(encodeLines([reading])).toContain(' -999999\n');
  });

  it.each(['a b', 'a,b', 'a=b', 'a\nb', 'a\\', '', '-a', '安全', 'a'.repeat(65)])('refuses the name %j', (name) => {
    const write = (parts: Parameters<typeof buildDevice>) => () =>
      encodeLines([buildReading(buildDevice(...parts), { values: { pressure: 1 } })]);
    expect(write([profile, name])).toThrow(/not allowed/);
    expect(write([profile, 'd', name])).toThrow(/not allowed/);
    expect(write([buildProfile({ pressure: 'number' }, name)])).toThrow(/not allowed/);
  });

  it('refuses a point name outside the allow-list and a number that is not finite', () => {
    const odd = buildDevice(buildProfile({ 'p=1 1\nx': 'number' }));
    expect(() => encodeLines([buildReading(odd, { values: { 'p=1 1\nx': 1 } })])).toThrow(/not allowed/);
    expect(() => encodeLines([buildReading(device, { values: { pressure: Number.NaN } })])).toThrow(/finite/);
  });
});

describe('names of the store', () => {
  it.each([
    [{ time: 'number' }, '"time" is a word reserved'],
    [{ Device: 'number' }, '"Device" is a word reserved'],
    [{ a: 'number', A: 'number' }, '"A" is already a column of point a'],
    [{ a: 'number', a_quality: 'string' }, '"a_quality" is already a column of point a'],
  ] as const)('finds the conflict in %j', (points, words) => {
    expect(schemaConflicts([buildProfile(points)]).join()).toContain(words);
  });

  it('finds profiles that differ in case only, and the name of its own table', () => {
    expect(schemaConflicts([buildProfile({}, 'tank'), buildProfile({}, 'Tank')])).toHaveLength(1);
    expect(schemaConflicts([buildProfile({}, 'devices')])).toHaveLength(1);
    expect(schemaConflicts([buildProfile({}, 'tank'), profile])).toEqual([]);
  });
});
