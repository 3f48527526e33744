import {
  type Alarm,
  type AlarmEvent,
  type AlarmEventType,
  alarmEventType,
  type Nuisance,
  type SystemEvent,
} from '../../model/alarm.ts';
import { judgeNuisance, NO_VISITS, type NuisanceHistory, proposeTuning, type Tuning } from './nuisance.ts';

/** An alarm that comes and goes too often or too briefly. */
export interface NuisanceAlarm {
  /** Key of the alarm. */
  readonly key: string;
  readonly site: string;
  readonly device: string;
  readonly condition: string;
  readonly tier: Alarm['tier'];
  readonly nuisance: Nuisance;
  /** Last event that was one of a nuisance. */
  readonly at: number;
  /** Known visits of the condition. */
  readonly visits: number;
  readonly tuning: Tuning | null;
}

/** What an input has made of an alarm. */
interface MarkedStep {
  readonly alarm: Alarm;
  readonly events: readonly { readonly type: AlarmEventType; readonly alarm: Alarm }[];
}

/** An event log. */
interface RecentLog {
  /** Events of the last `withinMs`, at most `limit`, oldest first. */
  recent(withinMs: number, limit: number): readonly (AlarmEvent | SystemEvent)[];
}

interface Entry {
  readonly history: NuisanceHistory;
  /** null = it is no nuisance now. */
  readonly found: Omit<NuisanceAlarm, 'visits' | 'tuning'> | null;
}

/** Keys remembered; the one that was quiet for the longest goes first. */
const MOST_KEYS = 10_000;
/** So long an alarm stays on the list after its last nuisance. */
const LISTED_MS = 3_600_000;
/** What a start repeats: as far back as a fleeting alarm counts. */
const REPEATED_MS = 3_600_000;
const MOST_REPEATED = 50_000;

/** The comings and goings of all alarms, by their key. In memory: a start repeats the last hour of the log. */
export class NuisanceBook {
  private readonly entries = new Map<string, Entry>();

  /** Takes up what a log has, as after a start. */
  repeat(log: RecentLog): void {
    for (const event of log.recent(REPEATED_MS, MOST_REPEATED)) {
      if ('alarm' in event) this.take(alarmEventType(event), event.alarm, event.at);
    }
  }

  /** Takes an event of an alarm, and says whether it is a nuisance. */
  take(type: AlarmEventType, alarm: Alarm, at: number): Nuisance | null {
    const { key, site, device, condition, tier } = alarm;
    const before = this.entries.get(key);
    const { history, nuisance } = judgeNuisance(before?.history ?? NO_VISITS, type, at);
    // Nothing came or went: not worth the place of another key.
    if (!before && history === NO_VISITS) return nuisance;
    const found = nuisance ? { key, site, device, condition, tier, nuisance, at } : (before?.found ?? null);
    // Set anew, so that the order of the map is that of the last events.
    this.entries.delete(key);
    this.entries.set(key, { history, found });
    if (this.entries.size > MOST_KEYS) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
    return nuisance;
  }

  /** The same step of an alarm, with the alarm and its events marked as the nuisance that they are. */
  mark<S extends MarkedStep>(step: S, at: number): S {
    let { nuisance } = step.alarm;
    const events = step.events.map((event) => {
      nuisance = this.take(event.type, event.alarm, at);
      return event.alarm.nuisance === nuisance ? event : { ...event, alarm: { ...event.alarm, nuisance } };
    });
    return step.alarm.nuisance === nuisance
      ? { ...step, events }
      : { ...step, events, alarm: { ...step.alarm, nuisance } };
  }

  /** The alarms that were a nuisance in the last hour, the last one first. */
  list(at: number): readonly NuisanceAlarm[] {
    const listed: NuisanceAlarm[] = [];
    for (const { history, found } of this.entries.values()) {
      if (!found || at - found.at >= LISTED_MS) continue;
      listed.push({ ...found, visits: history.visits.length, tuning: proposeTuning(history, found.nuisance) });
    }
    return listed.reverse();
  }
}
