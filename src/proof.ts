import type { Dispatcher } from './alerts/delivery/dispatcher.ts';
import type { Outbox } from './alerts/delivery/outbox.ts';
import type { Distribution } from './alerts/distribution.ts';
import { receiverStatuses } from './alerts/receiver-status.ts';
import type { ApiPorts } from './api/ports.ts';
import type { Core } from './core.ts';
import type { TraceDeps } from './explain/alarm-trace.ts';
import type { Receiver } from './model/routing.ts';

/** Where the trace of an alarm is found. */
export function traceSources({ register, raisingMessages }: Core, outbox: Outbox): TraceDeps {
  return {
    events: (filter) => register.listEvents(filter),
    deliveriesOf: outbox.ofEvent,
    digestsOf: outbox.digestsOf,
    caseOf: (id) => register.caseOf(id),
    bypass: (id) => register.getBypass(id),
    messageOf: (id) => raisingMessages.of(id),
  };
}

/** What the API asks about the receivers. */
export function receiverPorts(deps: {
  readonly configured: () => readonly Receiver[];
  readonly outbox: Outbox;
  readonly dispatcher: Dispatcher;
  readonly distribution: Distribution;
}): ApiPorts['receivers'] {
  const { outbox, dispatcher, distribution } = deps;
  return {
    list: () =>
      receiverStatuses({
        configured: deps.configured(),
        counts: outbox.counts(),
        failing: dispatcher.failing(),
        desks: distribution.desks(),
      }),
    missed: outbox.missed,
  };
}
