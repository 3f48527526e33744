import type { ActiveLevel, ConditionChange } from '../../model/condition.ts';
import type { Device } from '../../model/device.ts';
import type { Quality } from '../../model/quality.ts';
import type { GroupSnapshot } from './group-watch.ts';
import type { HeardSnapshot } from './heard.ts';
import type { Telling, TrunkSnapshot } from './trunk-watch.ts';

/** State of the silences of a site as plain data. */
export interface SilenceSnapshot extends GroupSnapshot {
  heard: HeardSnapshot;
  trunks: Record<string, TrunkSnapshot>;
  /** Gateways, by id, whose alarm was raised since anything came from the site; states of older versions have none. */
  early?: string[];
  silent: [device: string, telling: Telling, trunk: string | null, dueAt: number | null, since: number][];
}

/** What is told of a silence of a device, gateway or site; bad quality where one ends that goes on as part of another. */
export function silenceChange(told: {
  readonly device: Device;
  readonly level: ActiveLevel | null;
  readonly quality: Quality;
  readonly seenAt: number;
  readonly at: number;
  readonly journalSeq: number;
}): ConditionChange {
  const { device, level, quality, seenAt, at, journalSeq } = told;
  return {
    device,
    point: null,
    rule: null,
    direction: 'absent',
    status: 'actual',
    level,
    value: null,
    quality,
    occurredAt: seenAt,
    receivedAt: seenAt,
    effectiveAt: at,
    at,
    journalSeq,
  };
}
