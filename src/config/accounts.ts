import type { UsersFile } from '../broker/schema.ts';
import type { Account } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import type { Path, Reporter } from './fault.ts';
import type { Shape } from './shape.ts';

type AccountEntry = UsersFile['users'][number];

const MIN_COST = 2 ** 10;
const GOOD_COST = 2 ** 14;
/** A hash that needs more memory than this to verify would let logins starve the process. */
const MAX_MEMORY = 256 * 1024 ** 2;

/** Builds the accounts, reporting what cannot work. */
export function buildAccounts(
  { data, sound }: Shape<UsersFile>,
  devices: ReadonlyMap<string, Device>,
  reporter: Reporter,
): Map<string, Account> {
  const accounts = new Map<string, Account>();
  const seen = new Set<string>();
  const entries = Array.isArray(data.users) ? data.users : [];
  for (const [index, entry] of entries.entries()) {
    const path = ['users', index];
    if (sound([...path, 'username'])) {
      const { username } = entry;
      if (seen.has(username)) {
        reporter.error('DUPLICATE_ID', [...path, 'username'], username, 'this account stands twice: keep one');
      }
      seen.add(username);
      if (sound([...path, 'role'])) checkRole(entry, path, devices, reporter);
    }
    if (sound([...path, 'hash'])) checkCost(entry.hash, [...path, 'hash'], reporter);
    if (sound(path)) accounts.set(entry.username, entry);
  }
  return accounts;
}

function checkRole(entry: AccountEntry, path: Path, devices: ReadonlyMap<string, Device>, reporter: Reporter): void {
  const { username, role } = entry;
  const publish = entry.publish?.length ?? 0;
  const subscribe = entry.subscribe?.length ?? 0;
  const isDeviceName = username.includes('/');
  if (isDeviceName !== (role === 'device')) {
    const message = isDeviceName
      ? 'a name with / belongs to a device: choose another for a gateway or reader'
      : 'a device account is named {site}/{device}';
    reporter.error('USERNAME_ROLE', [...path, 'username'], username, message);
  }
  if (role === 'device') {
    if (isDeviceName && !devices.has(username)) {
      const message = 'no such device is configured: what it publishes goes to the dead letters';
      reporter.warn('ACCOUNT_WITHOUT_DEVICE', [...path, 'username'], username, message);
    }
    for (const key of ['publish', 'subscribe'] as const) {
      if ((entry[key]?.length ?? 0) === 0) continue;
      reporter.error(
        'FILTERS_FIXED',
        [...path, key],
        entry[key],
        'the topics of a device follow from its name: remove it',
      );
    }
  }
  if (role === 'gateway' && publish === 0) {
    reporter.error('MISSING_KEY', [...path, 'publish'], null, 'a gateway needs the topic filters it may publish to');
  }
  if (role === 'reader' && subscribe === 0) {
    reporter.error('MISSING_KEY', [...path, 'subscribe'], null, 'a reader needs the topic filters it may subscribe to');
  }
  if (role === 'reader' && publish > 0) {
    reporter.error('FILTERS_FIXED', [...path, 'publish'], entry.publish, 'a reader does not publish: remove it');
  }
}

function checkCost(hash: string, path: Path, reporter: Reporter): void {
  const [cost = 0, blockSize = 0] = hash.split('$').slice(1, 3).map(Number);
  if (cost < MIN_COST || (cost & (cost - 1)) !== 0 || 128 * cost * blockSize > MAX_MEMORY) {
    const message = 'N must be a power of two from 1024, and 128 x N x r at most 256 MB: make it anew';
    reporter.error('HASH_INVALID', path, hash, message);
  } else if (cost < GOOD_COST) {
    reporter.warn('HASH_WEAK', path, hash, 'N is below 16384, quick to guess: make it anew with `davylamp users add`');
  }
}
