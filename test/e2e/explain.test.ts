import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../faults/condition.ts';
import { PROGRAM } from '../faults/engine-process.ts';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const run = promisify(execFile);

const PROFILE = `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 1s }
absent: { after: 30m, tier: blue }
points:
  outletPressure: { type: number, unit: kPa, limits: { H: { at: 3.2, deadband: 0.1, tier: yellow } } }
  inletPressure: { type: number, unit: kPa, limits: { H: { at: 400, onDelay: 20m, tier: yellow } } }
  flow: { type: number, unit: m3/h, rate: { rising: { by: 10, over: 60s, minSamples: 5, tier: yellow } } }
`;

/** The one that falls silent. */
const QUIET = `
profile: quiet
reporting: { mode: periodic, interval: 500ms }
absent: { after: 2s, tier: blue }
points:
  level: { type: number, unit: m, limits: { H: { at: 8, tier: yellow } } }
`;

const DEVICES = `
site: wujin-gas
devices:
  - id: cab-001
    profile: gas-regulator-cabinet
    limits: { outletPressure: { H: { at: 3, origin: setting sheet 4, change: MOC-17 } } }
  - { id: cab-002, profile: gas-regulator-cabinet }
  - { id: tank-1, profile: quiet }
`;

interface Told {
  readonly reason: string;
  readonly answer: { readonly en: string; readonly zh: string };
  readonly asOf: { readonly basis: string; readonly journalSeq: number };
  readonly samples: readonly { readonly items: readonly { readonly value: number; readonly stored: boolean }[] }[];
  readonly evaluations: readonly { readonly verdict: string; readonly after: string }[];
  readonly conditions: readonly { readonly origin: object; readonly window: object | null }[];
  readonly trace: string | null;
}

describe('explain', () => {
  let site: EngineSite;
  beforeAll(async () => {
    site = await openEngineSite(PROFILE);
    site.write('profiles/quiet.yaml', QUIET);
    site.write('devices/wujin-gas.yaml', DEVICES);
    await site.start();
  });
  afterAll(() => site.close());

  const send = (device: string, values: object, rest: object = {}) =>
    site.publish(JSON.stringify({ ts: Date.now(), values, ...rest }), `v1/wujin-gas/${device}/telemetry`);
  const why = (device: string, point: string) =>
    site.get<Told>(`devices/wujin-gas/${device}/points/${point}/explanation`);
  const command = async (...args: string[]) =>
    (await run(process.execPath, [PROGRAM, 'explain', ...args, '--url', site.engine.api])).stdout;

  it('an alarm: its sentence, limit with origin, evaluations, events and deliveries', async () => {
    await send('cab-001', { outletPressure: 2.5 });
    await send('cab-001', { outletPressure: 3.4 });
    await site.receiver.waitFor(() => site.types().includes('raised'));
    const [alarm] = (await site.get<{ items: { id: string }[] }>('alarms')).items;
    const id = alarm?.id ?? '';
    const told = await site.get<Told>(`alarms/${id}/explanation`);
    expect(told.reason).toBe('inForce');
    expect(told.answer.en).toMatch(
      /^Alarm since .*: outletPressure is 3\.4 kPa \(H 3 kPa, set for this device, profile .* says 3\.2 kPa, change MOC-17, from setting sheet 4\)\.$/,
    );
    expect(told.conditions[0]?.origin).toMatchObject({ kind: 'device', profileAt: 3.2, change: 'MOC-17' });
    expect(told.samples[0]?.items.map(({ value }) => value)).toEqual([2.5, 3.4]);
    expect(told.evaluations.at(-1)).toMatchObject({ verdict: 'tripped', after: 'active' });
    const path = told.trace?.replace('/api/v1/', '') ?? '';
    await until('the delivery is on file', 10_000, async () => {
      const { items, complete } = await site.get<{
        complete: boolean;
        items: { event: { type: string }; deliveries: { receiver: string; state: string }[] }[];
      }>(path);
      const [first] = items;
      return complete && items.length === 1 && first?.deliveries[0]?.state === 'delivered';
    });
    const text = await command(id);
    expect(text).toContain('Alarm since');
    expect(text).toContain('this device, change MOC-17');
    expect(JSON.parse(await command(id, '--json'))).toMatchObject({ reason: 'inForce' });
  });

  it('no alarm: below the limit, within the deadband, and as the store had it before', async () => {
    await send('cab-002', { outletPressure: 2.9 });
    expect((await why('cab-002', 'outletPressure')).answer.en).toContain(
      'is 2.9 kPa, below its limit (H 3.2 kPa, by profile',
    );
    const before = Date.now();
    await send('cab-002', { outletPressure: 3.15 });
    const told = await why('cab-002', 'outletPressure');
    expect(told).toMatchObject({ reason: 'nearLimit', asOf: { basis: 'live' } });
    expect(told.asOf.journalSeq).toBeGreaterThan(0);
    expect(told.samples[0]?.items.map(({ value, stored }) => [value, stored])).toEqual([
      [2.9, true],
      [3.15, true],
    ]);
    const past = await site.get<Told>(`devices/wujin-gas/cab-002/points/outletPressure/explanation?at=${before}`);
    expect(past).toMatchObject({ reason: 'normal', asOf: { basis: 'replay' } });
  });

  it('no alarm yet: the on-delay runs', async () => {
    await send('cab-002', { inletPressure: 450 });
    const told = await why('cab-002', 'inletPressure');
    expect(told.reason).toBe('pending');
    expect(told.answer.en).toContain('the on-delay of 20 min ends at');
    expect(told.answer.zh).toContain('报警延时 20 min');
  });

  it('no alarm: bad quality', async () => {
    await send('cab-002', { outletPressure: 9 }, { quality: { outletPressure: 'bad' } });
    expect((await why('cab-002', 'outletPressure')).reason).toBe('badQuality');
  });

  it('no alarm: too few samples for a slope', async () => {
    // Closer together they would be thinned: a window keeps a sample every 240th of it.
    const now = Date.now();
    for (const [i, flow] of [10, 20, 30].entries()) await send('cab-002', { flow }, { ts: now + 10_000 * (i - 2) });
    const told = await why('cab-002', 'flow');
    expect(told.answer.en).toContain('too few samples for a slope of flow (flow.rising): 3 of 5');
    expect(told.conditions[0]?.window).toMatchObject({ n: 3, minSamples: 5 });
  });

  it('no alarm: nothing comes any more, and the silence speaks for itself', async () => {
    await send('tank-1', { level: 4 });
    await until('the device is silent', 10_000, async () => (await why('tank-1', 'level')).reason === 'silent');
    const silence = await site.get<Told>('devices/wujin-gas/tank-1/explanation?rule=absent');
    expect(silence).toMatchObject({ reason: 'inForce' });
    expect(await command('wujin-gas/tank-1', 'absent')).toContain('the device was last heard at');
  });

  it.each([
    ['historical', { historical: true }],
    ['drill', { status: 'exercise' }],
  ])('no alarm: the newest reading is %s', async (reason, marks) => {
    await send('cab-002', { outletPressure: 2 });
    await send('cab-002', { outletPressure: 5 }, marks);
    await until(
      `the answer is ${reason}`,
      10_000,
      async () => (await why('cab-002', 'outletPressure')).reason === reason,
    );
    const text = await command('wujin-gas/cab-002', 'outletPressure', '--lang', 'zh');
    expect(text).toContain('无报警');
    expect(text).toMatch(/outletPressure {2}[▁-█·]+ {2}\d+ samples/);
  });

  it('says what it does not know', async () => {
    await expect(command('wujin-gas/cab-002', 'nothing')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('outletPressure.H'),
    });
    await expect(command('nowhere')).rejects.toMatchObject({ stderr: expect.stringContaining('site/device') });
    await expect(command('alm_X')).rejects.toMatchObject({ stderr: expect.stringContaining('There is no such alarm') });
  });
});
