import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineProcess } from '../faults/engine-process.ts';
import { startReceiver, TEST_SECRET, type TestReceiver } from '../helpers/receiver.ts';

const run = promisify(execFile);

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

/** The whole program, an independent MQTT client and a receiver that verifies each signature. */
describe('a rising outlet pressure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'davylamp-story-'));
  const config = join(folder, 'config');
  let receiver: TestReceiver;
  let engine: EngineProcess;
  const topic = 'v1/wujin-gas/cab-001/telemetry';
  let client: string[];
  let api: string;

  beforeAll(async () => {
    receiver = await startReceiver();
    mkdirSync(join(config, 'profiles'), { recursive: true });
    mkdirSync(join(config, 'devices'));
    writeFileSync(
      join(config, 'davylamp.yaml'),
      'mqtt: { listeners: [{ host: 127.0.0.1, port: 0, anonymous: true }] }\nhttp: { host: 127.0.0.1, port: 0 }\n',
    );
    writeFileSync(join(config, 'profiles/gas-regulator-cabinet.yaml'), PROFILE);
    writeFileSync(
      join(config, 'devices/wujin-gas.yaml'),
      'site: wujin-gas\ndevices: [{ id: cab-001, profile: gas-regulator-cabinet }]\n',
    );
    writeFileSync(
      join(config, 'routes.yaml'),
      `receivers: { command-centre: { webhook: { url: "${receiver.url}", secret: "\${CC_SECRET}" } } }\n`,
    );
    engine = new EngineProcess({
      config,
      data: join(folder, 'data'),
      environment: { CC_SECRET: TEST_SECRET },
      logFile: join(folder, 'engine.log'),
    });
    await engine.start();
    client = ['-h', '127.0.0.1', '-p', String(engine.mqttPort), '-q', '1'];
    api = `${engine.api}/api/v1`;
  });

  afterAll(async () => {
    await engine.terminate();
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const publish = (payload: string, to = topic) => run('mosquitto_pub', [...client, '-t', to, '-m', payload]);
  const pressure = (value: number) => publish(JSON.stringify({ ts: Date.now(), values: { outletPressure: value } }));
  const types = () => receiver.accepted().map(({ event }) => event.type.replace('davylamp.alarm.', ''));
  const seen = (...expected: string[]) =>
    receiver.waitFor(() => types().length >= expected.length).then(() => expect(types()).toEqual(expected));
  const command = (path: string) =>
    fetch(`${api}/alarms/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'Li Wei', comment: 'on site' }),
    });

  it('is one alarm: raised yellow, escalated orange, returned, and over after acknowledgement and reset', async () => {
    await pressure(2.8);
    await pressure(3.4);
    await seen('raised');
    await pressure(4.3);
    await seen('raised', 'escalated');
    await pressure(2.8);
    await seen('raised', 'escalated', 'returned');
    const alarms = receiver.accepted().map(({ event }) => event.data.alarm);
    expect(new Set(alarms.map((alarm) => alarm?.id)).size).toBe(1);
    expect(alarms.map((alarm) => [alarm?.tier, alarm?.condition])).toEqual([
      ['yellow', 'outletPressure.H'],
      ['orange', 'outletPressure.HH'],
      ['orange', 'outletPressure.HH'],
    ]);

    const id = alarms[0]?.id ?? '';
    const early = await command(`${id}/reset`);
    expect([early.status, ((await early.json()) as { code: string }).code]).toEqual([409, 'ALARM_NOT_ACKNOWLEDGED']);
    expect((await command(`${id}/acknowledge`)).status).toBe(200);
    expect((await command(`${id}/reset`)).status).toBe(200);
    await seen('raised', 'escalated', 'returned', 'acknowledged', 'cleared');
    expect(receiver.faults()).toEqual([]);
    const log = (await (await fetch(`${api}/events?alarm=${id}`)).json()) as {
      items: { by: string; comment: string }[];
    };
    expect(log.items.map((event) => event.by)).toEqual([null, null, null, 'Li Wei', 'Li Wei']);
  });

  it('stored every reading, and takes a repeat once', async () => {
    const ts = Date.now();
    const payload = JSON.stringify({ ts, seq: 9, values: { outletPressure: 2.5 } });
    await publish(payload);
    await publish(payload);
    const history = `${api}/devices/wujin-gas/cab-001/points/outletPressure/history`;
    await expect
      .poll(async () =>
        ((await (await fetch(history)).json()) as { items: { value: number }[] }).items.map((item) => item.value),
      )
      .toEqual([2.8, 3.4, 4.3, 2.8, 2.5]);
  });

  it('names what it refuses, and goes on', async () => {
    await publish('{"values":{"outletPressure":2');
    const large = join(folder, 'large.json');
    writeFileSync(large, ' '.repeat(1_048_576));
    await run('mosquitto_pub', [...client, '-t', topic, '-f', large]);
    await publish('{"values":{"outletPressure":1e999}}');
    await publish('{"values":{"outletPressure":2.5}}', 'v1/wujin-gas/cab-404/telemetry');
    const reasons = async () =>
      ((await (await fetch(`${api}/rejections`)).json()) as { items: { reason: string }[] }).items.map(
        ({ reason }) => reason,
      );
    await expect.poll(reasons).toEqual(['unknownDevice', 'notFinite', 'oversized', 'notJson']);
    await pressure(2.6);
  }, 60_000);
});
