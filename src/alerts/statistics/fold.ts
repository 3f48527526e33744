import type { Alarm, AlarmEvent, AlarmEventType } from '../../model/alarm.ts';
import type { TierSettings } from '../../model/routing.ts';
import { type Tier, tierRank } from '../../model/tier.ts';
import { holds } from '../machine/step.ts';
import { CHATTER_RAISES, FLEETING_MS, HOUR_MS, MINUTE_MS, STALE_MS } from './load.ts';
import {
  type Actor,
  type Answers,
  type Bucket,
  bucketKey,
  emptyBucket,
  type Place,
  type Rows,
  type Trail,
  type Watch,
} from './rows.ts';
import { addTo } from './sketch.ts';

/** Events that make an operator look, where the alarm wants to be acknowledged and nothing hides it. */
const CALLS: ReadonlySet<AlarmEventType> = new Set(['raised', 'escalated', 'realarmed']);

const HIDING = { shelved: 'shelved', suppressed: 'suppressed', removedFromService: 'outOfService' } as const;

export type Promises = Readonly<Record<Tier, Pick<TierSettings, 'acknowledgeWithinMs' | 'closeWithinMs'>>>;

/**
 * Counts the events of the alarm log, in their order, into hourly rows. Each event costs the same however many there
 * were. Exercises and tests are not counted. The same events give the same rows, in however many parts they come.
 */
export class Fold {
  private readonly rows: Rows;
  /** Trails of alarms that are over, and since when, the oldest first: soon they say nothing any more. */
  private readonly ended = new Map<string, number>();

  /** `trails`: those that the rows have. */
  constructor(rows: Rows, trails: Iterable<readonly [key: string, trail: Trail]>) {
    this.rows = rows;
    const over = [...trails].flatMap(([key, { ended }]) => (ended ? [[key, ended.at] as const] : []));
    for (const [key, at] of over.sort((a, b) => a[1] - b[1])) this.ended.set(key, at);
  }

  /** `promises`: what was promised of each tier when it happened. */
  take(event: AlarmEvent, promises: Promises): void {
    const { alarm, at } = event;
    if (alarm.status !== 'actual') return;
    this.forget(at);
    const type = event.type.slice('davylamp.alarm.'.length) as AlarmEventType;
    const bucket = this.bucket(hourOf(at), placeOf(alarm));
    if (CALLS.has(type) && alarm.bypass === null && alarm.annunciatedAt !== null) call(bucket, at);
    if (type in HIDING) bucket.hidden[HIDING[type as keyof typeof HIDING]]++;
    // Each step of an escalation says that nobody has acknowledged: it is one promise.
    if (event.details && 'promise' in event.details && (event.details.step ?? 1) === 1)
      bucket.overdue[event.details.promise]++;

    const watch = this.rows.change('watch', [alarm.id], () => watchOf(alarm));
    if (type === 'acknowledged') this.acknowledged(watch, at, promises);
    if (holds(alarm)) this.active(watch, alarm, at);
    else if (watch.since !== null) this.over(watch, watch.since, alarm, at);
    note(watch, alarm, at);
    if (type === 'closed') this.closed(watch, at, promises);
    if (alarm.state === 'normal' && (watch.openedAt === null || watch.closed)) this.rows.drop('watch', [alarm.id]);
  }

  private active(watch: Watch, alarm: Alarm, at: number): void {
    if (watch.since === null) this.raise(watch, alarm, at);
    const actor = this.actor(watch.hour, alarm);
    if (!actor.conditions.includes(alarm.condition)) actor.conditions = [...actor.conditions, alarm.condition].sort();
    if (tierRank(alarm.tier) <= tierRank(watch.tier)) return;
    // It counts by the worst tier that it reaches, in the hour in which it was raised.
    this.bucket(watch.hour, { ...watch.place, tier: watch.tier }).raised--;
    this.bucket(watch.hour, { ...watch.place, tier: alarm.tier }).raised++;
    watch.tier = alarm.tier;
    if (tierRank(alarm.tier) > tierRank(actor.tier)) actor.tier = alarm.tier;
  }

  private raise(watch: Watch, alarm: Alarm, at: number): void {
    const hour = hourOf(at);
    watch.since = at;
    watch.hour = hour;
    watch.tier = alarm.tier;
    const bucket = this.bucket(hour, placeOf(alarm));
    bucket.raised++;
    if (alarm.bypass !== null) bucket.hiddenRaised++;
    this.actor(hour, alarm).count++;
    const trail = this.rows.change('trail', [alarm.key], () => ({ raises: [], ended: null }));
    watch.alone = this.isAlone(trail, alarm, at);
    trail.ended = null;
    this.ended.delete(alarm.key);
    trail.raises = [...trail.raises, { at, hour, chatters: false }].slice(-CHATTER_RAISES);
    const [oldest] = trail.raises;
    if (trail.raises.length < CHATTER_RAISES || !oldest || at - oldest.at >= MINUTE_MS) return;
    for (const each of trail.raises) {
      if (!each.chatters) this.actor(each.hour, alarm).chattering++;
      each.chatters = true;
    }
  }

  /** True where the one before is long over; where it is not, that was not fleeting after all. */
  private isAlone({ ended }: Trail, alarm: Alarm, at: number): boolean {
    if (!ended || at - ended.at >= FLEETING_MS) return true;
    if (ended.fleeting) this.actor(ended.hour, alarm).fleeting--;
    return false;
  }

  private over(watch: Watch, since: number, alarm: Alarm, at: number): void {
    watch.since = null;
    const actor = this.actor(watch.hour, alarm);
    actor.activeMs += at - since;
    const fleeting = watch.alone && at - since < FLEETING_MS;
    if (fleeting) actor.fleeting++;
    const trail = this.rows.change('trail', [alarm.key], () => ({ raises: [], ended: null }));
    trail.ended = { at, hour: watch.hour, fleeting };
    this.ended.set(alarm.key, at);
    if (at - since < STALE_MS) return;
    const from = since + STALE_MS;
    this.rows.change('stale', [from, alarm.id], () => ({ ...watch.place, tier: watch.tier, from, to: at }));
  }

  private acknowledged(watch: Watch, at: number, promises: Promises): void {
    const { annunciatedAt, annunciatedTier } = watch;
    if (annunciatedAt === null || annunciatedTier === null) return;
    const bucket = this.bucket(hourOf(at), { ...watch.place, tier: annunciatedTier });
    answer(bucket.acknowledged, at - annunciatedAt, promises[annunciatedTier].acknowledgeWithinMs);
  }

  /** The first time counts: a case that is opened again was not closed in less time for that. */
  private closed(watch: Watch, at: number, promises: Promises): void {
    if (watch.openedAt === null || watch.closed) return;
    watch.closed = true;
    const bucket = this.bucket(hourOf(at), { ...watch.place, tier: watch.caseTier });
    answer(bucket.closed, at - watch.openedAt, promises[watch.caseTier].closeWithinMs);
  }

  /** Drops the trails that can neither chatter nor be fleeting any more at `at`. */
  private forget(at: number): void {
    for (const [key, endedAt] of this.ended) {
      if (at - endedAt < Math.max(MINUTE_MS, FLEETING_MS)) return;
      this.ended.delete(key);
      this.rows.drop('trail', [key]);
    }
  }

  private bucket(hour: number, place: Place): Bucket {
    return this.rows.change('bucket', bucketKey(hour, place), emptyBucket);
  }

  private actor(hour: number, alarm: Alarm): Actor {
    return this.rows.change('actor', [hour, alarm.key], () => ({
      ...placeOf(alarm),
      device: `${alarm.site}/${alarm.device}`,
      point: alarm.point,
      conditions: [],
      count: 0,
      fleeting: 0,
      chattering: 0,
      activeMs: 0,
    }));
  }
}

/** Hours since the epoch. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

function placeOf({ site, grid, profile, tier }: Alarm): Place {
  return { site, grid: grid ?? '', profile, tier };
}

function call(bucket: Bucket, at: number): void {
  const minute = Math.floor((at % HOUR_MS) / MINUTE_MS);
  bucket.calls[minute] = (bucket.calls[minute] ?? 0) + 1;
}

/** A promise of null was none: it is neither kept nor missed. */
function answer(answers: Answers, ms: number, promisedMs: number | null): void {
  addTo(answers.times, ms);
  if (promisedMs === null) return;
  if (ms <= promisedMs) answers.kept++;
  else answers.missed++;
}

function watchOf(alarm: Alarm): Watch {
  return {
    key: alarm.key,
    place: placeOf(alarm),
    device: `${alarm.site}/${alarm.device}`,
    since: null,
    hour: 0,
    tier: alarm.tier,
    alone: true,
    hidden: false,
    annunciatedAt: null,
    annunciatedTier: null,
    openedAt: null,
    caseTier: alarm.tier,
    closed: false,
  };
}

function note(watch: Watch, alarm: Alarm, at: number): void {
  watch.hidden = alarm.bypass !== null;
  watch.annunciatedAt = alarm.annunciatedAt;
  watch.annunciatedTier = alarm.annunciatedTier;
  if (watch.openedAt === null && alarm.annunciatedAt !== null) {
    watch.openedAt = at;
    watch.caseTier = alarm.tier;
  } else if (tierRank(alarm.tier) > tierRank(watch.caseTier)) {
    watch.caseTier = alarm.tier;
  }
}
