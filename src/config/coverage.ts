import type { Account, MqttListener, Receiver, Route } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import { TIERS, type Tier } from '../model/tier.ts';
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
  for (const device of devices) kinds.set(`${device.site}/${device.profile.id}`, device);
  for (const tier of TIERS.toReversed()) {
    const lost = [...kinds].flatMap(([kind, device]) => (isReached(routes, device, tier) ? [] : [kind]));
    if (lost.length === 0) continue;
    const shown = lost.slice(0, 5).join(', ') + (lost.length > 5 ? `, … (${lost.length} in all)` : '');
    const message = `${tier} alarms of these sites and profiles match no route, so every receiver is told: add a route`;
    reporter.warn('ALARMS_UNREACHED', ['routes'], shown, message);
  }
}

function isReached(routes: readonly Route[], device: Device, tier: Tier): boolean {
  // Whatever matches delivers: its own `to` is never empty. `continue` can only add receivers.
  return routes.some(
    ({ match }) =>
      isAmong(match.tier, tier) && isAmong(match.site, device.site) && isAmong(match.profile, device.profile.id),
  );
}

function isAmong<T>(names: readonly T[], name: T): boolean {
  return names.length === 0 || names.includes(name);
}

/** Warns of receivers that no route leads to. */
export function warnUnused(receivers: readonly Receiver[], routes: readonly Route[], reporter: Reporter): void {
  const used = new Set<string>();
  const visit = (route: Route): void => {
    for (const id of route.to) used.add(id);
    route.routes.forEach(visit);
  };
  routes.forEach(visit);
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
