import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../src/cli/verify.ts';
import { until } from '../faults/condition.ts';
import { type BadProxy, startBadProxy, TREATMENTS } from '../helpers/bad-proxy.ts';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const SEED = Number(process.env['PROXY_SEED'] ?? 20_261_122);
const DEVICES = 70;
const NAMES = Array.from({ length: DEVICES }, (_, index) => `cab-${String(index + 1).padStart(3, '0')}`);

const PROFILE = `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 60s }
absent: { after: 30m, tier: blue }
points:
  outletPressure:
    type: number
    unit: kPa
    limits:
      HH: { at: 4.0, onDelay: 0s, offDelay: 0s, tier: red }
      H:  { at: 3.2, onDelay: 0s, offDelay: 0s, tier: orange }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }
`;

interface LogItem {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly hash: string;
  readonly alarm?: { readonly id: string };
}

interface Status {
  readonly items: readonly { readonly id: string; readonly lastSequence: number; readonly pending: number }[];
}

interface Missed {
  readonly items: readonly { readonly sequence: number; readonly eventId: string; readonly body: string }[];
  readonly expired: readonly unknown[];
  readonly next: number | null;
}

interface Body {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly sequence: number;
    readonly log: { readonly sequence: number; readonly hash: string };
    readonly alarm?: { readonly id: string };
  };
}

/** What a receiver keeps: bodies by sequence, and nothing twice. */
class Inbox {
  private readonly bodies = new Map<number, string>();
  private readonly ids = new Set<string>();

  take(id: string, body: string): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    this.bodies.set((JSON.parse(body) as Body).data.sequence, body);
  }

  /** Sequences up to `last` that never came. */
  gaps(last: number): number[] {
    return Array.from({ length: last }, (_, index) => index + 1).filter((sequence) => !this.bodies.has(sequence));
  }

  list(): Body[] {
    return [...this.bodies].sort(([a], [b]) => a - b).map(([, body]) => JSON.parse(body) as Body);
  }
}

describe(`a receiver behind a proxy that drops, repeats and reorders (PROXY_SEED=${SEED})`, () => {
  let site: EngineSite;
  let proxy: BadProxy;

  beforeAll(async () => {
    site = await openEngineSite(PROFILE);
    proxy = await startBadProxy({ target: site.receiver.url, seed: SEED, share: 0.3 });
    site.write(
      'routes.yaml',
      `receivers: { command-centre: { webhook: { url: "${proxy.url}", secret: "\${CC_SECRET}" }, flood: false } }\n`,
    );
    const devices = NAMES.map((id) => `  - { id: ${id}, profile: gas-regulator-cabinet }`).join('\n');
    site.write('devices/wujin-gas.yaml', `site: wujin-gas\ndevices:\n${devices}\n`);
    await site.start();
  });
  afterAll(async () => {
    await site.close();
    await proxy.close();
  });

  const everywhere = async (value: (index: number) => number) => {
    for (const [index, device] of NAMES.entries()) {
      const reading = { ts: Date.now(), values: { outletPressure: value(index) } };
      await site.publish(JSON.stringify(reading), `v1/wujin-gas/${device}/telemetry`);
    }
  };
  const openAlarms = async () => (await site.get<{ items: { id: string }[] }>('alarms?limit=1000')).items;
  const log = async () => (await site.get<{ items: LogItem[] }>('events?limit=1000')).items;
  const status = async () => {
    const { items } = await site.get<Status>('receivers');
    const found = items.find(({ id }) => id === 'command-centre');
    if (!found) throw new Error('the receiver is not listed');
    return found;
  };

  it('rebuilds the exact list of events from ids and sequences', { timeout: 180_000 }, async () => {
    await everywhere((index) => (index % 2 === 0 ? 5 : 3.5));
    await everywhere((index) => (index % 3 === 0 ? 5 : 1));
    for (const { id } of await openAlarms()) expect((await site.command(`alarms/${id}/acknowledge`)).status).toBe(200);
    await until('everything was sent', 120_000, async () => (await status()).pending === 0);
    await proxy.idle();
    const { lastSequence } = await status();
    const written = await log();
    expect(written.length).toBeGreaterThan(2 * DEVICES);

    for (const treatment of TREATMENTS) expect(proxy.treated[treatment], treatment).toBeGreaterThan(0);
    const { requests } = site.receiver;
    expect(requests.length, 'some came twice').toBeGreaterThan(new Set(requests.map(({ id }) => id)).size);
    const order = requests.map(({ event }) => event.data.sequence);
    expect(
      order.some((sequence, index) => sequence < (order[index - 1] ?? 0)),
      'some came late',
    ).toBe(true);
    expect(requests.every(({ signatureFault }) => signatureFault === null)).toBe(true);

    const inbox = new Inbox();
    for (const { id, body } of requests) inbox.take(id, body);
    const missing = inbox.gaps(lastSequence);
    expect(missing.length, 'some were lost on the way').toBeGreaterThan(0);
    for (const sequence of missing) {
      const path = `receivers/command-centre/notifications?from=${sequence}&to=${sequence}`;
      const page = await site.get<Missed>(path);
      expect(page).toMatchObject({ items: [{ sequence }], expired: [], next: null });
      for (const { eventId, body } of page.items) inbox.take(eventId, body);
    }

    const rebuilt = inbox.list();
    expect(rebuilt.map(({ data }) => data.sequence)).toEqual(written.map((_, index) => index + 1));
    expect(rebuilt.map(({ id, type, data }) => [id, type, data.alarm?.id, data.log])).toEqual(
      written.map(({ id, type, alarm, sequence, hash }) => [id, type, alarm?.id, { sequence, hash }]),
    );
    console.log({ requests: requests.length, events: written.length, missing: missing.length, ...proxy.treated });
  });

  it('what was fetched is word for word what was sent', async () => {
    const sent = new Map(site.receiver.requests.map(({ id, body }) => [id, body]));
    const page = await site.get<Missed>('receivers/command-centre/notifications?from=1&limit=1000');
    const both = page.items.filter(({ eventId }) => sent.has(eventId));
    expect(both.length).toBeGreaterThan(DEVICES);
    expect(both.filter(({ eventId, body }) => sent.get(eventId) !== body)).toEqual([]);
  });

  it('the log beside the running engine is proved by what the receiver was given', async () => {
    const [first] = site.receiver.requests;
    const { log: witness } = (JSON.parse(first?.body ?? '') as Body).data;
    const witnesses = [`${witness.sequence}:${witness.hash}`];
    const proved = async () => {
      const lines: string[] = [];
      const say = (line: string) => void lines.push(line);
      const code = await verify({ data: join(site.folder, 'data'), witness: witnesses }, { out: say, err: say });
      expect(code, lines.join('\n')).toBe(0);
      expect(lines).toContain(`witness ${witness.sequence} agrees`);
      return Number(/events 1 to (\d+)/.exec(lines[0] ?? '')?.[1]);
    };
    const before = await proved();
    await everywhere((index) => (index < 10 ? 3.5 : 1));
    await site.engine.kill();
    await proved();
    await site.start();
    await everywhere((index) => (index < 10 ? 1 : 3.5));
    expect(await proved()).toBeGreaterThan(before + 10);
  });

  it('an alarm is followed from its message to its receivers and to who acknowledged it', async () => {
    const alarm = site.receiver.requests.find(({ event }) => event.type.endsWith('acknowledged'))?.event.data.alarm;
    const trace = await site.get<{ items: { deliveries: { receipts: { result: string }[] }[] }[] }>(
      `alarms/${alarm?.id}/trace`,
    );
    expect(trace).toMatchObject({
      complete: true,
      alarm: { id: alarm?.id },
      origin: {
        condition: expect.stringContaining('outletPressure'),
        quality: 'good',
        message: { topic: expect.stringContaining('v1/wujin-gas/cab-'), payload: expect.stringContaining('{"ts":') },
      },
      acknowledgements: [{ by: 'Li Wei', comment: 'on site' }],
      case: { alarm: alarm?.id },
    });
    const results = trace.items.map(({ deliveries }) => deliveries[0]?.receipts.at(-1)?.result);
    expect(results).toEqual(trace.items.map(() => 'delivered'));
  });
});
