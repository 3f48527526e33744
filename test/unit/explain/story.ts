import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { createExplainer, type ExplainerDeps } from '../../../src/explain/explainer.ts';
import type { Alarm } from '../../../src/model/alarm.ts';
import type { Configuration } from '../../../src/model/configuration.ts';
import type { Device } from '../../../src/model/device.ts';
import { AppError } from '../../../src/model/error.ts';
import type { Quality } from '../../../src/model/quality.ts';
import type { Reading, Value } from '../../../src/model/reading.ts';
import { OpenAlarms } from '../../../src/replay/open-alarms.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { createDuckDbStore } from '../../../src/store/duckdb.ts';
import type { ReadingStore } from '../../../src/store/port.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { buildReading, NOON } from '../../helpers/readings.ts';
import { watchedDevice } from '../../helpers/watched.ts';

const time = { futureToleranceMs: 60_000, latenessMs: 10_000, liveWindowMs: 300_000 };

/** What a sample has beside second and value. */
export interface Marks extends Partial<Pick<Reading, 'historical' | 'status'>> {
  readonly quality?: Quality;
  /** Second in which it was received; when it was measured, by default. */
  readonly received?: number;
  /** False: it has not come to the store. */
  readonly stored?: boolean;
}

/** A real embedded store for the tests of one file; every story has a device of its own in it. */
export function useStore(): (device?: Device, over?: Partial<ExplainerDeps>) => Story {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-explain-'));
  const { profile } = watchedDevice({});
  const store: ReadingStore = createDuckDbStore({
    file: join(directory, 'readings.duckdb'),
    profiles: new Map([[profile.id, profile]]),
    clock: { ...systemClock, now: () => NOON },
    log: pino({ level: 'silent' }),
  });
  let devices = 0;
  beforeAll(() => store.start());
  afterAll(async () => {
    await store.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return (device = watchedDevice({}), over = {}) => {
    const id = `cab-${++devices}`;
    return tell({ ...device, id, key: `${device.site}/${id}` }, store, over);
  };
}

export type Story = ReturnType<typeof tell>;

/** A device with a running engine, its alarms and its stored readings, told in seconds since {@link NOON}. */
function tell(device: Device, store: ReadingStore, over: Partial<ExplainerDeps>) {
  const alarms = new OpenAlarms();
  const raised = new Map<string, Alarm>();
  const devices = new Map([[device.key, device]]);
  const configuration = { devices, groups: [], time, timezone: 'UTC' } as Partial<Configuration> as Configuration;
  const clock = createManualClock(NOON);
  const engine = new Engine(devices, time, (change) => {
    for (const { alarm } of alarms.apply(change)?.events ?? []) raised.set(alarm.id, alarm);
  });
  const readings: Reading[] = [];
  let seq = 1;
  engine.resume(NOON, 0, 0, seq);
  const explainer = createExplainer({
    configuration: () => configuration,
    store,
    ruleState(key, status) {
      const state = engine.state(key, status);
      return state && { at: engine.now, state };
    },
    storedUpTo: () => seq,
    alarms: { get: (id) => raised.get(id) ?? null, list: () => ({ items: alarms.alarms() }) },
    lastRaised: async ({ raisedAt }) => raisedAt,
    clock,
    ...over,
  });
  const story = {
    device,
    clock,
    engine,
    /** Alarms that were raised, as they are. */
    alarms: () => [...raised.values()],
    /** A sample of point `p`. */
    at(second: number, value: Value, { quality = 'good', received = second, stored = true, ...marks }: Marks = {}) {
      const times = { ts: NOON + second * 1000, receivedAt: NOON + received * 1000 };
      const reading = buildReading(device, { values: { p: value }, qualities: { p: quality }, ...times, ...marks });
      engine.step(reading, ++seq);
      if (stored) readings.push(reading);
      return story;
    },
    async explain(second: number, ask: 'point' | { rule: string | null } | { alarm: string } = 'point', at?: number) {
      await store.write(readings);
      engine.tick(NOON + second * 1000);
      clock.set(NOON + second * 1000);
      const when = at === undefined ? null : NOON + at * 1000;
      if (ask === 'point') return await explainer.point(device, 'p', when);
      if ('alarm' in ask) return await explainer.alarm(ask.alarm, when);
      return await explainer.device(device, ask.rule, when);
    },
    explainer,
  };
  return story;
}

/** A store that cannot be reached. */
export const UNREACHABLE: ExplainerDeps['store'] = {
  scan: () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new AppError('STORE_UNAVAILABLE', 'the store is away')),
    }),
  }),
};

/** A store that never answers, until it is told to stop. */
export const HANGING: ExplainerDeps['store'] = {
  scan: ({ signal }) => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((_, reject) => {
          const stop = () => reject(new AppError('SCAN_CANCELLED', 'the scan was cancelled before its end'));
          signal?.addEventListener('abort', stop, { once: true });
        }),
    }),
  }),
};
