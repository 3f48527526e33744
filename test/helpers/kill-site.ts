import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../faults/condition.ts';
import type { EngineProcess } from '../faults/engine-process.ts';
import { type EngineSite, openEngineSite } from './engine-site.ts';
import { contractFaults, type ReceivedRequest, startReceiver, type TestReceiver } from './receiver.ts';

/** A line of the event log, as far as the judge looks at it. */
export interface Logged {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly alarm?: {
    readonly id: string;
    readonly point: string | null;
    readonly state: string;
    readonly annunciatedAt: string | null;
    readonly revision: number;
  };
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** One life's end, and the time in which nobody watched. Epoch milliseconds. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

export interface KillSiteOptions {
  /** Names of the points of the one device; a value above 3 raises, below it ends. */
  readonly points: Readonly<Record<string, string>>;
  /** `tiers` and `governor` of davylamp.yaml. */
  readonly settings: string;
  /** `routes` of routes.yaml. */
  readonly routes: string;
  readonly receivers: readonly string[];
  readonly random: () => number;
}

/** What is left of a wait must be longer than this to be worth another kill. */
const LEAST_MS = 300;
/** A kill falls into this share of what is left, so that a slow timer does not miss the wait. */
const SHARE = 0.75;
const PATIENCE_MS = 30_000;
/** A machine that others use too has its pauses. */
const SLACK_MS = 2_500;
/** What was due so shortly before a kill may have been on its way to the disk. */
const UNDER_WAY_MS = 1_000;

/** A site whose engine is killed while something is awaited, with receivers that outlive it. */
export class KillSite {
  readonly outages: Outage[] = [];
  private readonly site: EngineSite;
  private readonly receivers: ReadonlyMap<string, TestReceiver>;
  private readonly random: () => number;

  private constructor(site: EngineSite, receivers: ReadonlyMap<string, TestReceiver>, random: () => number) {
    this.site = site;
    this.receivers = receivers;
    this.random = random;
  }

  static async open(options: KillSiteOptions): Promise<KillSite> {
    const site = await openEngineSite(profile(options.points));
    const receivers = new Map<string, TestReceiver>();
    for (const id of options.receivers) receivers.set(id, await startReceiver());
    const entries = [...receivers].map(
      ([id, { url }]) => `  ${id}: { webhook: { url: "${url}", secret: "\${CC_SECRET}" }, flood: false }`,
    );
    site.write('routes.yaml', `receivers:\n${entries.join('\n')}\n${options.routes}\ninhibit: []\n`);
    site.write(
      'davylamp.yaml',
      `mqtt: { listeners: [{ host: 127.0.0.1, port: 0, anonymous: true }] }\n` +
        `http: { host: 127.0.0.1, port: 0 }\n${options.settings}\n`,
    );
    const opened = new KillSite(site, receivers, options.random);
    await site.start();
    return opened;
  }

  get engine(): EngineProcess {
    return this.site.engine;
  }

  receiver(id: string): TestReceiver {
    const found = this.receivers.get(id);
    if (!found) throw new Error(`no receiver ${id}`);
    return found;
  }

  /** Kills at seeded moments of the time that is left until `due`, as often as there is time for it. */
  async killBefore(due: number): Promise<void> {
    for (let left = due - Date.now(); left > LEAST_MS; left = due - Date.now()) {
      await delay(this.random() * left * SHARE);
      if (!this.engine.running) throw new Error(`the engine ended by itself:\n${this.engine.lastWords()}`);
      const from = Date.now();
      await this.engine.kill();
      await this.engine.start();
      this.outages.push({ from, to: Date.now() });
    }
  }

  /** Kills, starts a life that dies at a fault point, and the next one; gives when that one died. */
  async dieAt(point: string): Promise<number> {
    const from = Date.now();
    await this.engine.kill();
    this.engine.launch({ DAVYLAMP_FAULT_POINT: point });
    expect(await this.engine.ending(PATIENCE_MS), point).toMatchObject({ signal: 'SIGKILL' });
    const diedAt = Date.now();
    await this.engine.start();
    this.outages.push({ from, to: Date.now() });
    return diedAt;
  }

  /** How many of the kills struck after `begin` and before `end`. */
  killsWithin(begin: number, end: number): number {
    return this.outages.filter(({ from }) => from > begin && from < end).length;
  }

  /** From when on the engine was up to do what was due at `due`. */
  watchedFrom(due: number): number {
    let watched = due;
    for (const { from, to } of this.outages) if (from <= watched + UNDER_WAY_MS && watched < to) watched = to;
    return watched;
  }

  /** Not before it was due, and no later than the time in which nobody watched and the machine's pauses allow. */
  expectOnTime(at: number, due: number): void {
    expect(at).toBeGreaterThanOrEqual(due);
    expect(at - this.watchedFrom(due)).toBeLessThan(SLACK_MS);
  }

  async publish(values: Readonly<Record<string, number>>): Promise<void> {
    await this.site.publish(JSON.stringify({ ts: Date.now(), values }));
  }

  /** Raises the alarm of a point and gives the event. */
  async raise(point: string): Promise<Logged> {
    await this.publish({ [point]: 5 });
    return await this.logged(`${point} is raised`, (event) => isOf(event, 'raised') && event.alarm?.point === point);
  }

  /** The first event of the log that is looked for, as soon as it is there. */
  async logged(what: string, wanted: (event: Logged) => boolean): Promise<Logged> {
    let found: Logged | undefined;
    await until(what, PATIENCE_MS, async () => {
      found = (await this.log()).find(wanted);
      return found !== undefined;
    });
    if (!found) throw new Error(what);
    return found;
  }

  /** The whole event log. */
  async log(): Promise<readonly Logged[]> {
    return (await this.get<{ items: Logged[] }>('events?limit=1000')).items;
  }

  async logOf(alarm: string): Promise<readonly Logged[]> {
    return (await this.log()).filter((event) => event.alarm?.id === alarm);
  }

  get<T>(path: string): Promise<T> {
    return this.site.get<T>(path);
  }

  /** Posts a command; gives the answer with its status. */
  async post(path: string, body: object): Promise<{ status: number; answer: Record<string, unknown> }> {
    const response = await fetch(`${this.engine.api}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  }

  /** Events of one alarm as a receiver got them, each id once, as soon as there are `count`. */
  async heard(receiver: string, alarm: string, count: number): Promise<readonly ReceivedRequest[]> {
    const of = (all: TestReceiver) => all.accepted().filter(({ event }) => event.data.alarm?.id === alarm);
    const found = this.receiver(receiver);
    await found.waitFor((all) => of(all).length >= count, PATIENCE_MS);
    return of(found);
  }

  /** Waits until every notification is delivered, and that is on disk. */
  async delivered(): Promise<void> {
    await until('all is delivered', PATIENCE_MS, async () => {
      return (await this.get<{ items: unknown[] }>('deliveries?state=pending')).items.length === 0;
    });
  }

  /** What breaks the contract at any receiver, or the log: signatures, bodies, sequences, order. */
  async faults(): Promise<readonly string[]> {
    const log = await this.log();
    const gaps = log.flatMap(({ sequence }, index) => (sequence === index + 1 ? [] : [`log: ${sequence} at ${index}`]));
    const twice = new Set(log.map(({ id }) => id)).size === log.length ? [] : ['log: an id stands twice'];
    const atReceivers = [...this.receivers].flatMap(([id, { requests }]) =>
      contractFaults(requests).map((fault) => `${id}: ${fault}`),
    );
    const fatal = this.engine.lastFatal();
    return [...gaps, ...twice, ...atReceivers, ...(fatal ? [fatal.msg] : [])];
  }

  async close(): Promise<void> {
    await this.engine.kill();
    await this.site.close();
    for (const receiver of this.receivers.values()) await receiver.close();
  }
}

/** True for an event about an alarm of this type, `raised` as an example. */
export function isOf({ type }: Logged, name: string): boolean {
  return type === `davylamp.alarm.${name}`;
}

/** The name of what happened, without its prefix. */
export function nameOf({ type }: Pick<Logged, 'type'>): string {
  return type.replace('davylamp.alarm.', '').replace('davylamp.', '');
}

/** Epoch milliseconds of an event. */
export function timeOf({ time }: Pick<Logged, 'time'>): number {
  return Date.parse(time);
}

function profile(points: Readonly<Record<string, string>>): string {
  const entries = Object.entries(points).map(
    ([id, tier]) => `
  ${id}:
    type: number
    limits: { H: { at: 3, tier: ${tier} } }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }`,
  );
  return `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 1s }
absent: { after: 30m, tier: blue }
points:${entries.join('')}
`;
}
