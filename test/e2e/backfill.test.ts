import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const PROFILE = `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 60s }
absent: { after: 30m, tier: blue }
points:
  outletPressure:
    type: number
    unit: kPa
    range: [0, 10]
    limits:
      HH: { at: 6.0, tier: orange }
      H:  { at: 3.2, tier: yellow }
    rate: { falling: { by: 1, over: 5m, minSamples: 3, tier: orange } }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }
`;
const DAY_MS = 86_400_000;
/** Two weeks, a reading a minute. */
const BACKFILL_READINGS = 14 * 24 * 60;
const BACKFILL_DEVICES = 8;
/** Objects of one message. */
const BATCH = 240;
/** Longest that an alarm may take from its publication to its receiver while all that comes in. */
const LONGEST_MS = 1_000;

const telemetry = (device: string) => `v1/wujin-gas/${device}/telemetry`;
const payload = (value: number) => JSON.stringify({ ts: Date.now(), values: { outletPressure: value } });

/** Two weeks of pressures that would raise, escalate and clear alarms and slopes all the time, were they taken for live. */
function backfillOf(device: number): string[] {
  const first = Date.now() - 14 * DAY_MS;
  const readings = Array.from({ length: BACKFILL_READINGS }, (_, i) => ({
    ts: first + i * 60_000 - device,
    values: { outletPressure: i % 7 < 3 ? 7 : 2.5 },
    // Half of the devices say that it is old, the others only have old times.
    ...(device % 2 === 0 ? { historical: true } : {}),
  })).filter(({ ts }) => ts < Date.now() - 600_000);
  return Array.from({ length: Math.ceil(readings.length / BATCH) }, (_, i) =>
    JSON.stringify(readings.slice(i * BATCH, (i + 1) * BATCH)),
  );
}

describe('two weeks of backfill at full speed', () => {
  let site: EngineSite;
  let live: MqttClient;
  let backfill: MqttClient;

  beforeAll(async () => {
    site = await openEngineSite(PROFILE);
    const devices = ['cab-live', ...Array.from({ length: BACKFILL_DEVICES }, (_, i) => `cab-${i}`)];
    const list = devices.map((id) => `{ id: ${id}, profile: gas-regulator-cabinet }`).join(', ');
    site.write('devices/wujin-gas.yaml', `site: wujin-gas\ndevices: [${list}]\n`);
    await site.start();
    live = await mqtt.connectAsync(`mqtt://127.0.0.1:${site.engine.mqttPort}`);
    backfill = await mqtt.connectAsync(`mqtt://127.0.0.1:${site.engine.mqttPort}`);
  });
  afterAll(async () => {
    await live.endAsync(true);
    await backfill.endAsync(true);
    await site.close();
  });

  it('changes no live alarm and delays none by more than a second', async () => {
    const eventsOf = (device: string) =>
      site.receiver
        .accepted()
        .filter(({ event }) => event.subject.startsWith(`wujin-gas/${device}/`))
        .map(({ event, at }) => ({ type: event.type.replace('davylamp.alarm.', ''), at }));
    for (let i = 0; i < BACKFILL_DEVICES; i++) await live.publishAsync(telemetry(`cab-${i}`), payload(3.5), { qos: 1 });
    await site.receiver.waitFor(() => site.types().length === BACKFILL_DEVICES);

    let done = false;
    const feeding = Promise.all(
      Array.from({ length: BACKFILL_DEVICES }, async (_, i) => {
        const messages = backfillOf(i);
        for (const message of messages) await backfill.publishAsync(telemetry(`cab-${i}`), message, { qos: 1 });
      }),
    ).then(() => {
      done = true;
    });

    const published: number[] = [];
    while (!done || published.length < 10) {
      published.push(Date.now());
      await live.publishAsync(telemetry('cab-live'), payload(published.length % 2 === 1 ? 3.5 : 2.5), { qos: 1 });
      await site.receiver.waitFor(() => eventsOf('cab-live').length === published.length);
    }
    await feeding;

    const told = eventsOf('cab-live');
    expect(told.map(({ type }) => type)).toEqual(published.map((_, i) => (i % 2 === 0 ? 'raised' : 'returned')));
    const delays = told.map(({ at }, i) => at - (published[i] ?? 0));
    console.log(`live alarms during the backfill: ${delays.length}, slowest ${Math.max(...delays)} ms`);
    expect(Math.max(...delays)).toBeLessThanOrEqual(LONGEST_MS);
    for (let i = 0; i < BACKFILL_DEVICES; i++) {
      expect(eventsOf(`cab-${i}`).map(({ type }) => type)).toEqual(['raised']);
    }
    const history = `devices/wujin-gas/cab-1/points/outletPressure/history?from=${new Date(Date.now() - 15 * DAY_MS).toISOString()}&step=20d&aggregate=count`;
    await expect
      .poll(
        async () => {
          const { items } = await site.get<{ items: { value: number }[] }>(history);
          return items.reduce((sum, { value }) => sum + value, 0);
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBeGreaterThan(BACKFILL_READINGS - 20);
  });
});
