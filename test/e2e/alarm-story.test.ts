import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const PROFILE = `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 60s }
absent: { after: 30m, tier: blue }
points:
  outletPressure:
    title: { en: Outlet pressure, zh: 出口压力 }
    type: number
    unit: kPa
    range: [0, 10]
    limits:
      HH: { at: 4.0, deadband: 0.2, onDelay: 200ms, offDelay: 300ms, tier: orange, latch: true }
      H:  { at: 3.2, deadband: 0.1, onDelay: 500ms, offDelay: 600ms, tier: yellow }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }
`;

describe('a rising outlet pressure', () => {
  let site: EngineSite;

  beforeAll(async () => {
    site = await openEngineSite(PROFILE);
    await site.start();
  });
  afterAll(() => site.close());

  const seen = async (...expected: string[]) => {
    await site.receiver.waitFor(() => site.types().length >= expected.length);
    expect(site.types()).toEqual(expected);
  };

  it('is one alarm: raised yellow, escalated orange, returned, and over after acknowledgement and reset', async () => {
    await site.pressure(2.8);
    await site.pressure(3.4);
    await seen('raised');
    await site.pressure(4.3);
    await seen('raised', 'escalated');
    await site.pressure(2.8);
    await seen('raised', 'escalated', 'returned');
    const alarms = site.receiver.accepted().map(({ event }) => event.data.alarm);
    expect(new Set(alarms.map((alarm) => alarm?.id)).size).toBe(1);
    expect(alarms.map((alarm) => [alarm?.tier, alarm?.condition])).toEqual([
      ['yellow', 'outletPressure.H'],
      ['orange', 'outletPressure.HH'],
      ['orange', 'outletPressure.HH'],
    ]);

    const id = alarms[0]?.id ?? '';
    const early = await site.command(`alarms/${id}/reset`);
    expect([early.status, ((await early.json()) as { code: string }).code]).toEqual([409, 'ALARM_NOT_ACKNOWLEDGED']);
    expect((await site.command(`alarms/${id}/acknowledge`)).status).toBe(200);
    expect((await site.command(`alarms/${id}/reset`)).status).toBe(200);
    await seen('raised', 'escalated', 'returned', 'acknowledged', 'cleared');
    expect(site.receiver.faults()).toEqual([]);
    const log = await site.get<{ items: { by: string | null }[] }>(`events?alarm=${id}`);
    expect(log.items.map((event) => event.by)).toEqual([null, null, null, 'Li Wei', 'Li Wei']);
  });

  it('stored every reading, and takes a repeat once', async () => {
    const payload = JSON.stringify({ ts: Date.now(), seq: 9, values: { outletPressure: 2.5 } });
    await site.publish(payload);
    await site.publish(payload);
    const history = 'devices/wujin-gas/cab-001/points/outletPressure/history';
    const values = async () =>
      (await site.get<{ items: { value: number }[] }>(history)).items.map(({ value }) => value);
    await expect.poll(values).toEqual([2.8, 3.4, 4.3, 2.8, 2.5]);
  });

  it('names what it refuses, and goes on', async () => {
    const large = join(site.folder, 'large.json');
    writeFileSync(large, ' '.repeat(1_048_576));
    await site.publish('{"values":{"outletPressure":2');
    await site.publish({ file: large });
    await site.publish(`{"values":{"outletPressure":2.5},"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
    await site.publish('{"values":{"outletPressure":1e999}}');
    await site.publish('{"values":{"outletPressure":2.5}}', 'v1/wujin-gas/cab-404/telemetry');
    const reasons = async () =>
      (await site.get<{ items: { reason: string }[] }>('rejections')).items.map(({ reason }) => reason);
    await expect.poll(reasons).toEqual(['unknownDevice', 'notFinite', 'tooDeep', 'oversized', 'notJson']);
    await site.engine.kill();
    await site.start();
    await site.pressure(2.6);
    expect(await reasons()).toHaveLength(5);
  });
});
