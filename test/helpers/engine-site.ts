import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineProcess } from '../faults/engine-process.ts';
import { startReceiver, TEST_SECRET, type TestReceiver } from './receiver.ts';

const run = promisify(execFile);

/** The built program with one device `wujin-gas/cab-001`, an independent MQTT client, and a verifying receiver. */
export interface EngineSite {
  readonly folder: string;
  readonly engine: EngineProcess;
  readonly receiver: TestReceiver;
  /** Rewrites the profile; it counts from the next start or reload on. */
  configure(profile: string): void;
  /** Rewrites a file of the configuration. */
  write(name: string, text: string): void;
  /** Sets the MQTT port (0 = any); it counts from the next start on. */
  listenOn(port: number): void;
  start(): Promise<void>;
  /** Publishes with mosquitto_pub, QoS 1, and resolves when it is acknowledged. */
  publish(payload: string | { file: string }, topic?: string): Promise<void>;
  /** Publishes one value of `outletPressure`, taken now. */
  pressure(value: number): Promise<void>;
  get<T>(path: string): Promise<T>;
  command(path: string): Promise<Response>;
  /** Event types received so far, without their prefix; system events are left out. */
  types(): string[];
  close(): Promise<void>;
}

export async function openEngineSite(profile: string): Promise<EngineSite> {
  const folder = mkdtempSync(join(tmpdir(), 'davylamp-site-'));
  const config = join(folder, 'config');
  const receiver = await startReceiver();
  mkdirSync(join(config, 'profiles'), { recursive: true });
  mkdirSync(join(config, 'devices'));
  const write = (name: string, text: string) => writeFileSync(join(config, name), text);
  const configure = (text: string) => write('profiles/gas-regulator-cabinet.yaml', text);
  configure(profile);
  const listenOn = (port: number) =>
    write(
      'davylamp.yaml',
      `mqtt: { listeners: [{ host: 127.0.0.1, port: ${port}, anonymous: true }] }\nhttp: { host: 127.0.0.1, port: 0 }\n`,
    );
  listenOn(0);
  write('devices/wujin-gas.yaml', 'site: wujin-gas\ndevices: [{ id: cab-001, profile: gas-regulator-cabinet }]\n');
  write(
    'routes.yaml',
    `receivers: { command-centre: { webhook: { url: "${receiver.url}", secret: "\${CC_SECRET}" }, flood: false } }\n`,
  );
  const engine = new EngineProcess({
    config,
    data: join(folder, 'data'),
    environment: { CC_SECRET: TEST_SECRET },
    logFile: join(folder, 'engine.log'),
  });
  const publish: EngineSite['publish'] = async (payload, topic = 'v1/wujin-gas/cab-001/telemetry') => {
    const message = typeof payload === 'string' ? ['-m', payload] : ['-f', payload.file];
    await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(engine.mqttPort), '-q', '1', '-t', topic, ...message]);
  };
  return {
    folder,
    engine,
    receiver,
    configure,
    write,
    listenOn,
    start: () => engine.start(),
    publish,
    pressure: (value) => publish(JSON.stringify({ ts: Date.now(), values: { outletPressure: value } })),
    get: async <T>(path: string) => (await (await fetch(`${engine.api}/api/v1/${path}`)).json()) as T,
    command: (path) =>
      fetch(`${engine.api}/api/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ by: 'Li Wei', comment: 'on site' }),
      }),
    types: () =>
      receiver
        .accepted()
        .filter(({ event }) => event.type.startsWith('davylamp.alarm.'))
        .map(({ event }) => event.type.replace('davylamp.alarm.', '')),
    async close() {
      if (engine.running) await engine.terminate();
      await receiver.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
