import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../faults/condition.ts';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const PROFILE = `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 60s }
absent: { after: 30m, tier: blue }
points:
  outletPressure:
    type: number
    unit: kPa
    limits: { H: { at: 3.2, deadband: 0.1, onDelay: 500ms, offDelay: 600ms, tier: yellow, latch: true } }
`;

/** Every two seconds, so that a test need not wait for a minute. */
const SETTINGS = `
mqtt: { listeners: [{ host: 127.0.0.1, port: 0, anonymous: true }] }
http: { host: 127.0.0.1, port: 0 }
report: { schedule: "*/2 * * * * *", to: [command-centre] }
drills:
  - id: hourly
    schedule: "*/2 * * * * *"
    device: wujin-gas/cab-001
    values: { outletPressure: 5 }
    back: { outletPressure: 2 }
    expect: outletPressure.H
    raisedWithin: 20s
    deliveredWithin: 20s
    failTo: [command-centre]
`;

interface Run {
  readonly phase: string;
  readonly result: string;
  readonly failure: unknown;
  readonly delivered: Record<string, string>;
}

describe('what runs by the clock', () => {
  let site: EngineSite;

  beforeAll(async () => {
    site = await openEngineSite(PROFILE);
    site.write('davylamp.yaml', SETTINGS);
    await site.start();
  });
  afterAll(() => site.close());

  it('a drill goes from our own broker to the receiver and ends its latched alarm, also over a kill', async () => {
    const over = async () => (await site.get<{ items: Run[] }>('drills')).items.filter(({ phase }) => phase === 'over');
    await until('a drill is over', 40_000, async () => (await over()).length > 0);
    await site.engine.kill();
    await site.start();
    await until('drills go on', 40_000, async () => (await over()).length > 2);
    for (const { result, failure, delivered } of await over()) {
      expect([result, failure]).toEqual(['passed', null]);
      expect(Object.keys(delivered)).toEqual(['command-centre']);
    }
    const told = site.receiver.accepted().filter(({ event }) => event.data.alarm !== undefined);
    expect(new Set(told.map(({ event }) => event.data.status))).toEqual(new Set(['exercise']));
  }, 120_000);

  it('statistics count no exercise', async () => {
    expect(await site.get('statistics')).toMatchObject({ all: { alarms: 0, calls: 0 } });
    await site.pressure(5);
    const isCounted = async () => (await site.get<{ all: { alarms: number } }>('statistics')).all.alarms === 1;
    await until('the alarm is counted', 10_000, isCounted);
  });

  it('the daily assessment is told, kept, and comes as a page', async () => {
    await site.receiver.waitFor(() =>
      site.receiver.accepted().some(({ event }) => event.type === 'davylamp.system.daily-assessment'),
    );
    const [first] = (await site.get<{ items: { date: string }[] }>('reports/daily')).items;
    const page = await fetch(`${site.engine.api}/api/v1/reports/daily/${first?.date}.html`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<!doctype html>');
  });
});
