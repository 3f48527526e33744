import type { OutboundEvent } from '../../model/alarm.ts';
import { AppError } from '../../model/error.ts';
import type { MqttChannelSettings, Receiver } from '../../model/routing.ts';
import { type Channel, failure } from './channel.ts';
import { readCloudEvent } from './stored-event.ts';

/** Publishes on our own broker, QoS 1, not retained. Resolves when the broker has taken it. */
export type Publish = (topic: string, payload: Buffer) => Promise<void>;

/** What no site can be called: events without one. */
const NO_SITE = '_';

/**
 * Where an event is published: `v1/{site}/alarms`. A digest goes to each site that its lines name, since whoever follows
 * one site hears of its alarms by nothing else then; to `v1/_/alarms` too where it leaves lines out, whose sites are not
 * known, and so do events without a site. `sites`: only these; [] = all.
 */
export function alarmTopics(event: OutboundEvent, sites: readonly string[] = []): string[] {
  return sitesOf(event)
    .filter((site) => site === NO_SITE || sites.length === 0 || sites.includes(site))
    .map((site) => `v1/${site}/alarms`);
}

function sitesOf(event: OutboundEvent): readonly string[] {
  if ('alarm' in event) return [event.alarm.site];
  if (!('digest' in event)) return [NO_SITE];
  const { lines, omitted } = event.digest;
  const named = lines.map(({ subject }) => subject.slice(0, subject.indexOf('/')));
  return [...new Set(omitted > 0 || named.length === 0 ? [...named, NO_SITE] : named)];
}

/** The stored CloudEvent as it is, on our own broker. An alarm of a site that is left out counts as delivered. */
export function createMqttChannel(
  { sites, timeoutMs }: MqttChannelSettings & Pick<Receiver, 'timeoutMs'>,
  publish: Publish,
): Channel {
  return {
    async send({ body }, signal) {
      if (signal.aborted) return { kind: 'aborted' };
      const giveUp = new AbortController();
      try {
        const { event } = readCloudEvent(body);
        const topics = alarmTopics(event, sites);
        const waited = ended(timeoutMs, signal, giveUp.signal);
        const all = Promise.all(topics.map((topic) => publish(topic, body)));
        const taken = await Promise.race([all.then(() => 'taken' as const), waited]);
        if (taken === 'aborted') return { kind: 'aborted' };
        if (taken === 'timeout') return failure('timeout', `the broker did not take it within ${timeoutMs} ms`);
        return { kind: 'delivered', status: null };
      } catch (error) {
        return failure('connection', error instanceof AppError ? error.message : 'the broker did not take it');
      } finally {
        giveUp.abort();
      }
    },
  };
}

/** Resolves when the time is up or `signal` aborts; `over` takes the wait away. */
function ended(timeoutMs: number, signal: AbortSignal, over: AbortSignal): Promise<'timeout' | 'aborted'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('timeout'), timeoutMs);
    const abort = () => resolve('aborted');
    signal.addEventListener('abort', abort, { once: true });
    over.addEventListener('abort', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
  });
}
