import { admits, type Subject } from '../alerts/policy/route.ts';
import type { Account, Configuration, MqttListener } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import type { Route, Routing } from '../model/routing.ts';
import { TIERS } from '../model/tier.ts';
import type { FaultList, Reporter } from './fault.ts';

/** Warns of a configuration that watches nothing. */
export function warnNoDevices(devices: ReadonlyMap<string, Device>, faults: FaultList): void {
  if (devices.size > 0) return;
  const message = 'no device is configured, so nothing is watched: add one, or give the right directory with --config';
  faults.reporter('devices/').warn('DEVICES_NONE', [], null, message);
}

/** Warns where no route says whom to tell of the alarms of configured devices. */
export function warnUnreached(devices: readonly Device[], routes: readonly Route[], reporter: Reporter): void {
  if (devices.length === 0) return;
  if (routes.length === 0) {
    const message = 'no routes: every receiver is told of every alarm';
    reporter.warn('ALARMS_UNREACHED', ['routes'], null, message);
    return;
  }
  const kinds = new Map<string, Device>();
  for (const device of devices) {
    kinds.set([device.site, device.profile.id, device.grid, ...device.tags].join('\n'), device);
  }
  for (const tier of TIERS.toReversed()) {
    const without = [...kinds.values()].filter(
      ({ site, profile, grid, tags }) => !isReached(routes, { tier, site, profile: profile.id, grid, tags }),
    );
    if (without.length === 0) continue;
    const lost = [...new Set(without.map(({ site, profile }) => `${site}/${profile.id}`))];
    const shown = lost.slice(0, 5).join(', ') + (lost.length > 5 ? `, … (${lost.length} in all)` : '');
    const message = `${tier} alarms of these sites and profiles match no route, so every receiver is told: add a route`;
    reporter.warn('ALARMS_UNREACHED', ['routes'], shown, message);
  }
}

function isReached(routes: readonly Route[], subject: Subject): boolean {
  // Whatever matches delivers: its own `to` is never empty. `continue` can only add receivers.
  return routes.some(({ match }) => match.when === null && admits(match, subject));
}

/** Warns of receivers and rosters that nothing leads to. */
export function warnUnused(
  { receivers, routes, rosters }: Routing,
  operation: Pick<Configuration, 'drills' | 'report'> | null,
  reporter: Reporter,
): void {
  const used = new Set<string>([
    ...(operation?.drills ?? []).flatMap(({ failTo }) => failTo),
    ...(operation?.report?.to ?? []),
  ]);
  const visit = (route: Route): void => {
    for (const name of [...route.to, ...route.escalation.flatMap(({ to }) => to)]) used.add(name);
    route.routes.forEach(visit);
  };
  routes.forEach(visit);
  for (const [name, { turns, otherwise }] of rosters) {
    if (!used.has(name)) reporter.warn('ROSTER_UNUSED', ['rosters', name], name, 'no route leads to this roster');
    for (const receiver of [...turns.flatMap(({ to }) => to), ...otherwise]) used.add(receiver);
  }
  for (const { id } of receivers) {
    if (!used.has(id)) reporter.warn('RECEIVER_UNUSED', ['receivers', id], id, 'no route leads to this receiver');
  }
}

/** Warns when every listener asks for an account and there is none. */
export function warnLockedOut(
  listeners: readonly MqttListener[],
  accounts: ReadonlyMap<string, Account>,
  reporter: Reporter,
): void {
  if (accounts.size > 0 || listeners.some((listener) => listener.anonymous)) return;
  reporter.warn('NO_ACCOUNTS', ['users'], null, 'no device can log in: add accounts with `davylamp users add`');
}
