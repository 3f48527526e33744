import type { Account } from '../model/configuration.ts';
import { filterCovers, filterMatches, isDeviceKey, isFilterWellFormed, isTopicWellFormed } from './topic.ts';

/** Why a publish or a subscription is refused. */
export type RightsRefusal =
  | 'topicMalformed'
  | 'topicReserved'
  | 'topicNotAllowed'
  | 'filterMalformed'
  | 'filterReserved'
  | 'filterNotAllowed';

/** What one identity may do. Pure; answers are kept by the caller where they are asked for each message. */
export interface Rights {
  mayPublish(topic: string): boolean;
  /** True when one filter of the identity covers all of `filter`. */
  maySubscribe(filter: string): boolean;
}

/** The rights of the anonymous identity of a loopback listener: everything, for development. */
const EVERYTHING: Rights = { mayPublish: () => true, maySubscribe: () => true };

const NOTHING: Rights = { mayPublish: () => false, maySubscribe: () => false };

/** The rights of an account, or of the anonymous identity (null). */
export function rightsOf(account: Account | null): Rights {
  if (account === null) return EVERYTHING;
  switch (account.role) {
    case 'device': {
      // Without the grammar a username such as `+/+` would turn into a filter for everybody's commands.
      if (!isDeviceKey(account.username)) return NOTHING;
      const prefix = `v1/${account.username}/`;
      const commands = `${prefix}command/#`;
      return {
        mayPublish: (topic) => topic.startsWith(prefix),
        maySubscribe: (filter) => filterCovers(commands, filter),
      };
    }
    case 'gateway':
      return {
        mayPublish: (topic) => account.publish.some((filter) => filterMatches(filter, topic)),
        maySubscribe: (filter) => account.subscribe.some((own) => filterCovers(own, filter)),
      };
    case 'reader':
      return {
        mayPublish: () => false,
        maySubscribe: (filter) => account.subscribe.some((own) => filterCovers(own, filter)),
      };
  }
}

/** Why `topic` may not be published to, or null. Topics under `$` belong to the server [MQTT-4.7.2-1]. */
export function publishRefusal(rights: Rights, topic: string): RightsRefusal | null {
  if (!isTopicWellFormed(topic)) return 'topicMalformed';
  if (topic.startsWith('$')) return 'topicReserved';
  return rights.mayPublish(topic) ? null : 'topicNotAllowed';
}

/**
 * Why `filter` may not be subscribed to, or null. Aedes grants `$share/…` as an ordinary filter without sharing, and
 * `$SYS/#` names every client: nobody gets a filter that starts with `$`.
 */
export function subscribeRefusal(rights: Rights, filter: string): RightsRefusal | null {
  if (!isFilterWellFormed(filter)) return 'filterMalformed';
  if (filter.startsWith('$')) return 'filterReserved';
  return rights.maySubscribe(filter) ? null : 'filterNotAllowed';
}
