import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const profile = (limits: string, absent = '30m') => `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 1s }
absent: { after: ${absent}, tier: blue }
points:
  outletPressure:
    type: number
    limits: { ${limits} }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }
`;

describe('a restart', () => {
  let site: EngineSite;
  afterEach(() => site.close());

  const open = async (text: string) => {
    site = await openEngineSite(text);
    await site.start();
  };
  const seen = async (...expected: string[]) => {
    await site.receiver.waitFor(() => site.types().length >= expected.length);
    expect(site.types()).toEqual(expected);
  };

  it.each(['kill', 'terminate'] as const)('after %s raises what was pending, and no alarm twice', async (end) => {
    await open(profile('H: { at: 3, tier: yellow, onDelay: 3s }, HH: { at: 4, tier: orange, onDelay: 1500ms }'));
    await site.pressure(5);
    await site.engine[end]();
    await site.start();
    await seen('raised');
    await site.engine[end]();
    await site.start();
    await site.pressure(5);
    await site.pressure(1);
    await seen('raised', 'returned');
    const conditions = site.receiver.accepted().map(({ event }) => event.data.alarm?.condition);
    expect(new Set(conditions)).toEqual(new Set(['outletPressure.HH']));
    expect(site.receiver.faults()).toEqual([]);
  });

  it('keeps a latched alarm, its acknowledgement and its reset', async () => {
    await open(profile('H: { at: 3, tier: yellow, latch: true }'));
    await site.pressure(5);
    await site.pressure(1);
    await seen('raised', 'returned');
    await site.engine.kill();
    await site.start();
    const id = site.receiver.accepted()[0]?.event.data.alarm?.id;
    expect((await site.command(`alarms/${id}/acknowledge`)).status).toBe(200);
    await site.engine.kill();
    await site.start();
    expect((await site.command(`alarms/${id}/reset`)).status).toBe(200);
    await seen('raised', 'returned', 'acknowledged', 'cleared');
    expect((await site.get<{ items: unknown[] }>('alarms')).items).toEqual([]);
  });

  it('takes a changed limit: one that is gone lets its alarm return, a lower one raises with the next sample', async () => {
    await open(profile('H: { at: 3, tier: yellow }'));
    await site.pressure(3.5);
    await seen('raised');
    await site.engine.kill();
    site.configure(profile('L: { at: 1, tier: yellow }'));
    await site.start();
    await seen('raised', 'returned');
    await site.engine.kill();
    site.configure(profile('H: { at: 2, tier: yellow }'));
    await site.start();
    await site.pressure(2.5);
    await seen('raised', 'returned', 'raised');
  });

  it('that cannot listen ends at once, and leaves the data to the next one', async () => {
    await open(profile('H: { at: 3, tier: yellow }'));
    const port = site.engine.mqttPort;
    await site.engine.kill();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    site.listenOn(port);
    site.engine.launch();
    expect(await site.engine.ending(10_000)).toMatchObject({ code: 1 });
    expect(site.engine.lastFatal()?.code).toBe('MQTT_PORT_IN_USE');
    await new Promise((resolve) => taken.close(resolve));
    await site.start();
    await site.pressure(5);
    await seen('raised');
  });

  it('takes a changed tier for an alarm that is open', async () => {
    await open(profile('H: { at: 3, tier: yellow }'));
    await site.pressure(3.5);
    await seen('raised');
    await site.engine.terminate();
    site.configure(profile('H: { at: 3, tier: red }'));
    await site.start();
    await seen('raised', 'escalated');
    expect(site.receiver.accepted().map(({ event }) => event.data.alarm?.tier)).toEqual(['yellow', 'red']);
  });

  it('holds its own downtime against no device, and still notices real silence', async () => {
    await open(profile('H: { at: 3, tier: yellow }', '3s'));
    await site.pressure(1);
    await site.engine.kill();
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    await site.start();
    await site.pressure(1);
    expect(site.types()).toEqual([]);
    await seen('raised');
    expect(site.receiver.accepted()[0]?.event.data.alarm?.condition).toBe('absent');
    await site.pressure(1);
    await seen('raised', 'returned');
  });
});
