import type { Device, Profile } from '../model/device.ts';
import { groupsOf } from '../replay/groups.ts';
import type { ScanQuery } from '../store/scan.ts';
import type { Past } from './archive.ts';
import { Judge, type Judged, type RuleSet } from './judge.ts';
import { mergeScans } from './merge.ts';

/** What of the past is to be judged. */
export interface Backtest {
  readonly past: Past;
  readonly rules: RuleSet;
  /** Epoch milliseconds, inclusive and exclusive. */
  readonly from: number;
  readonly to: number;
  /** Delays and silences run out until then; null = until the last reading. */
  readonly end: number | null;
  /** Only readings of the devices of the rules are asked for; otherwise all, and those of others are named. */
  readonly onlyDevices: boolean;
  readonly signal?: AbortSignal;
  /** Told now and then how far it is: source time of the newest reading, epoch milliseconds, and values so far. */
  readonly onProgress?: (ts: number, values: number) => void;
}

/**
 * Judges the past by a rule set; twice where groups turn out to need devices without readings. Memory does not grow with the span, but for the alarms.
 *
 * @throws AppError what a scan throws: `SCAN_CANCELLED`, `STORE_UNAVAILABLE`, `STORE_SCHEMA_CONFLICT`, `TABLE_INVALID`, …
 */
export async function runBacktest(backtest: Backtest): Promise<Judged> {
  const { rules } = backtest;
  const judged = await judgeOnce(backtest);
  const silent = new Set(judged.unheard);
  const heard = new Map([...rules.devices].filter(([key]) => !silent.has(key)));
  const groupsWith = (devices: ReadonlyMap<string, Device>) => groupsOf(rules.groups, new Set(devices.keys())).length;
  if (!judged.span || groupsWith(heard) === groupsWith(rules.devices)) return judged;
  // To a vote or a site, devices of which nothing is known look as if they had failed: it is judged without these groups.
  const known = await judgeOnce({ ...backtest, rules: { ...rules, devices: heard } });
  return { ...known, unheard: judged.unheard };
}

async function judgeOnce(backtest: Backtest): Promise<Judged> {
  const { past, rules, end, onProgress } = backtest;
  const judge = new Judge(rules);
  await mergeScans(past.scans(queriesOf(backtest)), (_, batch, from, to) => {
    judge.feed(batch, from, to);
    if (to === batch.rows) onProgress?.(batch.ts[to - 1] ?? 0, judge.valuesJudged);
  });
  return judge.finish(end);
}

function queriesOf({ rules, from, to, onlyDevices, signal }: Backtest): ScanQuery[] {
  return [...devicesByProfile(rules.devices)].map(([profile, devices]) => {
    const query = { profile, from, to, ...(signal ? { signal } : {}) };
    return onlyDevices ? { ...query, devices } : query;
  });
}

function devicesByProfile(devices: ReadonlyMap<string, Device>): Map<Profile, string[]> {
  const byProfile = new Map<Profile, string[]>();
  for (const { key, profile } of devices.values()) {
    const keys = byProfile.get(profile);
    if (keys) keys.push(key);
    else byProfile.set(profile, [key]);
  }
  return byProfile;
}
