import type { Alarm, DigestEvent, HeldFor, SystemEvent } from '../model/alarm.ts';
import type { Recipient, Routing } from '../model/routing.ts';
import type { Tier } from '../model/tier.ts';
import type { Batch, Environment } from '../runtime/database.ts';
import { ulidOf } from '../runtime/identity.ts';
import type { Logger } from '../runtime/log.ts';
import type { LoggedEvent } from './alarm-log.ts';
import { type AudienceDeps, createAudience } from './audience.ts';
import type { Outbox } from './delivery/outbox.ts';
import { composeDigest, digestLine } from './digest.ts';
import { floodBegan, floodEnded } from './flood-notice.ts';
import { HeldEvents, type LoggedAlarmEvent } from './held-events.ts';
import type { Notifier } from './ledger.ts';
import {
  type DeskSettings,
  type DeskState,
  decide,
  due,
  EMPTY_DESK,
  flush,
  flushAll,
  withMessage,
} from './policy/desk.ts';
import type { ReadyPile } from './policy/pile.ts';

export interface DistributionDeps extends AudienceDeps {
  readonly environment: Environment;
  readonly outbox: Outbox;
  readonly alarms: AudienceDeps['alarms'] & {
    /** The most urgent tier that an alarm ever had. */
    worstTier(alarm: Alarm): Tier;
  };
  readonly log: Logger;
  readonly onHeld: (receiver: string, reason: HeldFor) => void;
  /** The database refused a commit. */
  readonly onFault: (error: unknown) => void;
}

/** One receiver's desk, for people. */
export interface DeskView {
  readonly receiver: string;
  /** Since when it is in an alarm flood; null = it is not. */
  readonly floodSince: number | null;
  /** Events that wait. */
  readonly waiting: number;
}

/** Who is told what, and when: joins routes, inhibitions and desks in front of the outbox. */
export interface Distribution extends Notifier {
  /** Takes up what waited at the last stop. To be called once, before the first event. */
  start(routing: Routing): void;
  /** Takes over another routing; receivers that are gone get what waited for them at once. */
  update(routing: Routing): void;
  /** Tells what is due at engine time `at`, in a commit of its own. */
  tick(at: number): void;
  desks(): readonly DeskView[];
}

/** A distribution at rest. */
export function createDistribution(deps: DistributionDeps): Distribution {
  const { environment, outbox, alarms, log } = deps;
  const table = environment.table<DeskState>('desks', 'json');
  const states = new Map<string, DeskState>();
  const dueTimes = new Map<string, number>();
  const held = new HeldEvents(environment);
  const audience = createAudience(deps);
  /** Desks of receivers that are not configured any more. */
  const gone = new Set<string>();
  let settings = new Map<string, DeskSettings>();

  function take({ receivers }: Routing): void {
    settings = new Map(receivers.map(({ id, flood, rate }) => [id, { flood, rate }]));
    gone.clear();
    for (const [receiver, state] of states) {
      if (settings.has(receiver)) dueAgain(receiver, state);
      else gone.add(receiver);
    }
  }

  function dueAgain(receiver: string, state: DeskState): void {
    const at = due(state, settings.get(receiver) ?? NO_LIMITS);
    if (at === null) dueTimes.delete(receiver);
    else dueTimes.set(receiver, at);
  }

  function save(batch: Batch, receiver: string, before: DeskState | undefined, state: DeskState): void {
    if (state === before) return;
    states.set(receiver, state);
    dueAgain(receiver, state);
    batch.put(table, receiver, state);
  }

  function distribute(batch: Batch, event: LoggedAlarmEvent, to: readonly Recipient[], at: number): void {
    const { alarm, sequence } = event;
    const now: string[] = [];
    const later: string[] = [];
    const deskEvent = { sequence, alarm, line: digestLine(event) };
    const tier = to.length === 0 || alarm.tier === 'red' ? alarm.tier : alarms.worstTier(alarm);
    for (const { receiver, grouping } of to) {
      const before = states.get(receiver);
      const facts = { tier, grouping, waitingIn: held.waitingIn(receiver, alarm.id) };
      const limits = settings.get(receiver) ?? NO_LIMITS;
      const { state, verdict, began } = decide(before ?? EMPTY_DESK, limits, deskEvent, facts, at);
      save(batch, receiver, before, state);
      if (began) {
        log.warn({ receiver, alarm: alarm.id }, 'alarm flood began: lower tiers become digests');
        say(batch, receiver, floodBegan(receiver, began, at));
      }
      if (verdict.kind === 'now') {
        now.push(receiver);
        continue;
      }
      later.push(receiver);
      if (verdict.kept) held.add(batch, receiver, verdict.pile, event);
      deps.onHeld(receiver, verdict.for);
    }
    outbox.enqueue(batch, event, now, { told: [...now, ...later], at });
  }

  /** Tells one receiver of Davylamp itself. */
  function say(batch: Batch, receiver: string, event: SystemEvent): void {
    const before = states.get(receiver);
    const limits = settings.get(receiver);
    if (limits?.rate) save(batch, receiver, before, withMessage(before ?? EMPTY_DESK, limits, event.at));
    outbox.enqueue(batch, event, [receiver]);
  }

  function tellPile(batch: Batch, receiver: string, pile: ReadyPile, at: number): LoggedAlarmEvent[] {
    const events = held.take(batch, receiver, pile.keys);
    const [first] = events;
    if (first && pile.events === 1) {
      outbox.enqueue(batch, first, [receiver], { told: [], at });
      return events;
    }
    const digest: DigestEvent = {
      id: `evt_${ulidOf(at, 'digest', receiver, pile.log.from, pile.log.to)}`,
      type: 'davylamp.digest',
      at,
      digest: composeDigest(receiver, pile, events.map(digestLine)),
    };
    outbox.enqueue(batch, digest, [receiver], { carries: events.map(({ sequence }) => sequence) });
    return events;
  }

  function flushDesk(batch: Batch, receiver: string, at: number): void {
    const before = states.get(receiver);
    const limits = settings.get(receiver);
    if (!before || !limits) return;
    const { state, ready, ended } = flush(before, limits, at);
    save(batch, receiver, before, state);
    for (const pile of ready) tellPile(batch, receiver, pile, at);
    if (!ended) return;
    log.info({ receiver, raised: ended.raised, held: ended.held }, 'alarm flood ended');
    say(batch, receiver, floodEnded(receiver, ended, at));
  }

  /** A receiver that is gone keeps what waited, as its notifications do; what only it knew of is told anew. */
  function closeDesk(batch: Batch, receiver: string, at: number): void {
    for (const pile of flushAll(states.get(receiver) ?? EMPTY_DESK)) {
      for (const event of tellPile(batch, receiver, pile, at)) {
        const alarm = alarms.get(event.alarm.id);
        const known = outbox.told(event.alarm.id).some((each) => settings.has(each));
        if (alarm && alarm.state !== 'normal' && !known) distribute(batch, event, audience.anew(alarm, at), at);
      }
    }
    states.delete(receiver);
    dueTimes.delete(receiver);
    batch.remove(table, receiver);
  }

  function hasWork(at: number): boolean {
    if (audience.hasRechecks || gone.size > 0) return true;
    for (const dueAt of dueTimes.values()) if (dueAt <= at) return true;
    return false;
  }

  function work(batch: Batch, at: number): void {
    for (const receiver of gone) closeDesk(batch, receiver, at);
    gone.clear();
    for (const { event, to } of audience.recheck(batch, at)) distribute(batch, event, to, at);
    for (const [receiver, dueAt] of [...dueTimes]) if (dueAt <= at) flushDesk(batch, receiver, at);
  }

  return {
    start(first) {
      for (const { key, value } of table.getRange({})) states.set(String(key), value);
      held.load(alarms.eventAt);
      audience.take(first);
      take(first);
    },
    update(next) {
      audience.take(next);
      take(next);
    },
    enqueue(batch, event, reach) {
      if (isAboutAlarm(event)) distribute(batch, event, audience.of(batch, event, reach), event.at);
      else for (const receiver of addressees(event, [...settings.keys()])) say(batch, receiver, event);
    },
    committed: () => outbox.committed(),
    tick(at) {
      if (!hasWork(at)) return;
      environment.commit((batch) => work(batch, at)).then(() => outbox.committed(), deps.onFault);
    },
    desks: () =>
      [...settings.keys()].map((receiver) => {
        const { flood, piles } = states.get(receiver) ?? EMPTY_DESK;
        const waiting = piles.reduce((sum, { events }) => sum + events, 0);
        return { receiver, floodSince: flood?.beganAt ?? null, waiting };
      }),
  };
}

const NO_LIMITS: DeskSettings = { flood: null, rate: null };

function isAboutAlarm(event: LoggedEvent): event is LoggedAlarmEvent {
  return 'alarm' in event;
}

/** Whom an event about Davylamp itself names; everybody where it names nobody who is there any more. */
function addressees({ to }: SystemEvent, all: readonly string[]): readonly string[] {
  if (to === undefined || to.length === 0) return to ?? all;
  const known = all.filter((receiver) => to.includes(receiver));
  return known.length > 0 ? known : all;
}
