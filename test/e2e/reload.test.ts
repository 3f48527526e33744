import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../faults/condition.ts';
import { PROGRAM } from '../faults/engine-process.ts';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const run = promisify(execFile);

const profile = (limits: string, points = '') => `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 1s }
absent: { after: 30m, tier: blue }
points:
  outletPressure:
    type: number
    unit: kPa
    limits: { ${limits} }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }
${points}
`;

interface Reloaded {
  readonly result?: string;
  readonly version?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly findings: readonly { readonly file: string; readonly path: string; readonly code: string }[];
}

describe('a reload of the configuration', () => {
  let site: EngineSite;
  afterEach(() => site.close());

  const open = async (limits: string) => {
    site = await openEngineSite(profile(limits));
    await site.start();
  };
  const reload = async (): Promise<Reloaded & { status: number }> => {
    const answer = await fetch(`${site.engine.api}/api/v1/configuration/reload`, { method: 'POST' });
    return { status: answer.status, ...((await answer.json()) as Reloaded) };
  };
  const applied = async () => expect(await reload()).toMatchObject({ status: 200, result: 'applied' });
  const seen = async (...expected: string[]) => {
    await site.receiver.waitFor(() => site.types().length >= expected.length);
    expect(site.types()).toEqual(expected);
  };
  const systemEvents = () =>
    site.receiver
      .accepted()
      .map(({ event }) => event.type)
      .filter((type) => type.startsWith('davylamp.system.configuration'))
      .map((type) => type.slice('davylamp.system.'.length));
  const openAlarms = async () =>
    (await site.get<{ items: { id: string; state: string; limit: number; condition: string }[] }>('alarms')).items;

  it('keeps an active alarm, and judges the next sample by the new limit', async () => {
    await open('H: { at: 3, tier: yellow }');
    await site.pressure(3.5);
    await seen('raised');
    const [before] = await openAlarms();
    site.configure(profile('H: { at: 3.2, tier: yellow }'));
    await applied();
    const [after] = await openAlarms();
    expect(after).toMatchObject({ id: before?.id, state: 'unacknowledged', limit: 3.2 });
    await site.pressure(3.4);
    await site.pressure(3.1);
    await seen('raised', 'returned');
    site.configure(profile('H: { at: 3, tier: yellow }'));
    await applied();
    await site.pressure(3.1);
    await seen('raised', 'returned', 'raised');
    expect(site.receiver.faults()).toEqual([]);
  });

  it('lets a delay that runs go on, and ends it once', async () => {
    await open('H: { at: 3, tier: yellow, onDelay: 3s }');
    const began = Date.now();
    await site.pressure(3.5);
    site.configure(profile('H: { at: 3, tier: yellow, onDelay: 30m }'));
    await applied();
    await seen('raised');
    expect(Date.now() - began).toBeGreaterThan(2_500);
  });

  it('lets the alarm of a limit that is gone return, and says so', async () => {
    await open('H: { at: 3, tier: yellow }');
    await site.pressure(3.5);
    await seen('raised');
    site.configure(profile('L: { at: 1, tier: yellow }'));
    await applied();
    await seen('raised', 'returned');
  });

  it('refuses files with errors, naming each, and goes on judging by what it has', async () => {
    await open('H: { at: 3, tier: yellow }');
    const { version } = await site.get<{ version: string }>('configuration');
    site.configure(profile('H: { at: 2, tier: purple }, HH: { at: 1, tier: orange }'));
    site.write('users.yaml', 'accounts: 7\n');
    const refused = await reload();
    expect(refused).toMatchObject({ status: 422, code: 'CONFIGURATION_INVALID' });
    expect(new Set(refused.findings.map(({ file }) => file))).toEqual(
      new Set(['profiles/gas-regulator-cabinet.yaml', 'users.yaml']),
    );
    const state = await site.get<{ version: string; lastReload: Reloaded }>('configuration');
    expect(state).toMatchObject({ version, lastReload: { result: 'refused', code: 'CONFIGURATION_INVALID' } });
    await site.pressure(2.5);
    await site.pressure(3.5);
    await seen('raised');
    await site.receiver.waitFor(() => systemEvents().length > 0);
    site.configure(profile('H: { at: 2, tier: yellow }'));
    site.write('users.yaml', '');
    await applied();
    await applied();
    await site.receiver.waitFor(() => systemEvents().length > 1);
    expect(systemEvents()).toEqual(['configuration-refused', 'configuration-reloaded']);
    expect(await site.engine.metric('davylamp_configuration_reloads_total', 'result="refused"')).toBe(1);
    expect(await site.engine.metric('davylamp_configuration_reloads_total', 'result="applied"')).toBe(2);
  });

  it('refuses as a whole what only a restart can change', async () => {
    await open('H: { at: 3, tier: yellow }');
    site.configure(profile('H: { at: 2, tier: yellow }'));
    site.write(
      'davylamp.yaml',
      'mqtt: { listeners: [{ host: 127.0.0.1, port: 0, anonymous: true }] }\nhttp: { host: 127.0.0.1, port: 1 }\njournal: { maxBytes: 2GB }\n',
    );
    const refused = await reload();
    expect(refused).toMatchObject({ status: 409, code: 'RESTART_NEEDED' });
    expect(refused.detail).toContain('http.port, journal.maxBytes');
    await site.pressure(2.5);
    await site.pressure(3.5);
    await seen('raised');
  });

  it('comes with SIGHUP too, and by the command', async () => {
    await open('H: { at: 3, tier: yellow }');
    site.configure(profile('H: { at: 2, tier: yellow }'));
    site.engine.signal('SIGHUP');
    await until('the reload', 10_000, async () => {
      const { lastReload } = await site.get<{ lastReload: { by: string } | null }>('configuration');
      return lastReload?.by === 'signal';
    });
    await site.pressure(2.5);
    await seen('raised');
    const command = (...more: string[]) =>
      run(process.execPath, [PROGRAM, 'reload', '--url', site.engine.api, ...more]);
    expect((await command()).stdout).toContain('is in force');
    site.configure('profile: [');
    await expect(command()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('profiles/gas-regulator-cabinet.yaml'),
    });
    await expect(command('--json')).rejects.toMatchObject({ stdout: expect.stringContaining('CONFIGURATION_INVALID') });
  });

  it('holds after a kill that follows at once', async () => {
    await open('H: { at: 3, tier: yellow, onDelay: 4s }, HH: { at: 9, tier: orange }');
    await site.pressure(3.5);
    site.configure(profile('H: { at: 3.2, tier: yellow, onDelay: 4s }'));
    await applied();
    await site.engine.kill();
    await site.start();
    await seen('raised');
    expect(await openAlarms()).toMatchObject([{ limit: 3.2, condition: 'outletPressure.H' }]);
    site.configure(profile('H: { at: 5, tier: yellow }'));
    const answer = reload().catch(() => null);
    await site.engine.kill();
    await answer;
    await site.start();
    await site.pressure(3.5);
    await seen('raised', 'returned');
    await site.pressure(5.5);
    await seen('raised', 'returned', 'raised');
    expect(site.receiver.faults()).toEqual([]);
  });

  it('takes a new device and a new point at once, and nothing more of a device that is gone', async () => {
    await open('H: { at: 3, tier: yellow }');
    await site.pressure(3.5);
    await seen('raised');
    site.write(
      'devices/wujin-gas.yaml',
      'site: wujin-gas\ndevices: [{ id: cab-002, profile: gas-regulator-cabinet }]\n',
    );
    site.configure(profile('H: { at: 3, tier: yellow }', '  inletPressure: { type: number, unit: kPa }'));
    await applied();
    await seen('raised', 'returned');
    await site.pressure(3.6);
    const send = (values: object) =>
      site.publish(JSON.stringify({ ts: Date.now(), values }), 'v1/wujin-gas/cab-002/telemetry');
    await send({ outletPressure: 4, inletPressure: 200 });
    await seen('raised', 'returned', 'raised');
    const devices = await site.get<{ items: { id: string }[] }>('devices');
    expect(devices.items.map(({ id }) => id)).toEqual(['cab-002']);
    await until('the reading is stored', 10_000, async () => {
      const history = await site.get<{ items: { value: number }[] }>(
        'devices/wujin-gas/cab-002/points/inletPressure/history',
      );
      return history.items[0]?.value === 200;
    });
    await until('the refused reading is on file', 10_000, async () => {
      const { items } = await site.get<{ items: { reason: string; payload: string }[] }>('rejections');
      return items.length === 1 && items[0]?.reason === 'unknownDevice' && items[0].payload.includes('3.6');
    });
  });

  it('takes receivers and routes, and tells a new receiver of what happens from then on', async () => {
    await open('H: { at: 3, tier: yellow }');
    await site.pressure(3.5);
    await seen('raised');
    const receiver = `{ webhook: { url: "${site.receiver.url}", secret: "\${CC_SECRET}" }, flood: false }`;
    site.write(
      'routes.yaml',
      `receivers: { command-centre: ${receiver}, duty-room: ${receiver} }\nroutes: [{ match: {}, to: [duty-room] }]\n`,
    );
    await applied();
    await site.pressure(2);
    await until('the duty room has heard', 10_000, async () => {
      const { items } = await site.get<{ items: { type: string; state: string }[] }>('deliveries?receiver=duty-room');
      return items.length === 1 && items[0]?.type === 'davylamp.alarm.returned' && items[0].state === 'delivered';
    });
  });

  it('refuses a point that changes its type: the store could not keep it', async () => {
    await open('H: { at: 3, tier: yellow }');
    await site.pressure(1);
    site.configure(profile('').replace('type: number', 'type: string').replace('limits: {  }', 'limits: {}'));
    expect(await reload()).toMatchObject({ status: 409, code: 'STORE_SCHEMA_CONFLICT' });
    await site.pressure(3.5);
    await seen('raised');
  });
});
