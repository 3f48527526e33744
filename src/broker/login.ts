import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Account } from '../model/configuration.ts';
import type { Clock } from '../runtime/clock.ts';
import { NOBODY, parseHash, verifyPassword } from './accounts.ts';
import { BackOff } from './back-off.ts';

/** Outcome of a login: the account, a wrong name or password, or a source that has failed too often to be asked now. */
export type LoginOutcome = { readonly account: Account } | 'wrong' | 'backOff' | 'busy';

export interface Login {
  /** Calls back with the outcome, at once when this password has been verified before. */
  verify(attempt: LoginAttempt, done: (outcome: LoginOutcome) => void): void;
  /** Replaces the accounts; passwords verified for a hash that has changed are forgotten. */
  setAccounts(accounts: ReadonlyMap<string, Account>): void;
}

export interface LoginAttempt {
  readonly username: string;
  readonly password: Uint8Array;
  /** Network address it comes from. */
  readonly source: string;
}

/** scrypt runs on the thread pool that the journal's fsync needs too: leave threads and a core to it. */
const WORKERS = 2;
/** Logins that wait for a worker; a fleet that returns at once fits, beyond that devices have to come again. */
const MOST_WAITING = 20_000;
/** Of the suspicious ones far fewer wait, and one worker at most looks at them. */
const MOST_SUSPICIOUS_WAITING = 100;

const MINUTE = 60_000;
const PAIR_BACK_OFF = { free: 5, firstMs: 1000, longestMs: MINUTE, forgetMs: 10 * MINUTE };
const SUSPECT_BACK_OFF = { free: 20, firstMs: 5000, longestMs: MINUTE, forgetMs: 10 * MINUTE };

interface Waiting extends LoginAttempt {
  readonly done: (outcome: LoginOutcome) => void;
  readonly suspicious: boolean;
}

/**
 * Checks passwords against scrypt hashes. A verified password is remembered by a keyed hash, one per account, so that a
 * fleet that reconnects costs microseconds a device.
 *
 * Guessing: one user from one source waits after 5 failures. After 20 failures of a source, or of a user from any
 * sources, the pairs of it that have failed before are refused, and those that have not are looked at one at a time. So a
 * good device behind the same address, or of the same name, is slowed down at worst and never locked out; one that has
 * logged in before is not even slowed down.
 */
export function createLogin(deps: { accounts: ReadonlyMap<string, Account>; clock: Clock }): Login {
  const { clock } = deps;
  let accounts = deps.accounts;
  const key = randomBytes(32);
  const verified = new Map<string, Buffer>();
  const pairs = new BackOff(PAIR_BACK_OFF);
  const sources = new BackOff(SUSPECT_BACK_OFF);
  const users = new BackOff(SUSPECT_BACK_OFF);
  const waiting: Waiting[] = [];
  const suspects: Waiting[] = [];
  let working = 0;
  let workingOnSuspects = 0;

  /** The hash is part of it: after a change of password the old one is no longer known. */
  function fingerprint(account: Account, password: Uint8Array): Buffer {
    return createHmac('sha256', key).update(account.hash).update('\0').update(password).digest();
  }

  function verify(attempt: LoginAttempt, done: (outcome: LoginOutcome) => void): void {
    const { username, password, source } = attempt;
    const account = accounts.get(username);
    const known = verified.get(username);
    if (account !== undefined && known !== undefined && timingSafeEqual(known, fingerprint(account, password))) {
      done({ account });
      return;
    }
    const at = clock.now();
    const pair = pairKey(attempt);
    const suspicious = sources.waits(source, at) || users.waits(username, at);
    if (pairs.waits(pair, at) || (suspicious && pairs.failures(pair, at) > 0)) {
      done('backOff');
      return;
    }
    const queue = suspicious ? suspects : waiting;
    if (queue.length >= (suspicious ? MOST_SUSPICIOUS_WAITING : MOST_WAITING)) {
      done('busy');
      return;
    }
    queue.push({ ...attempt, done, suspicious });
    work();
  }

  function work(): void {
    while (working < WORKERS) {
      const next = waiting.shift() ?? (workingOnSuspects === 0 ? suspects.shift() : undefined);
      if (next === undefined) return;
      working++;
      if (next.suspicious) workingOnSuspects++;
      void check(next).then((outcome) => {
        working--;
        if (next.suspicious) workingOnSuspects--;
        work();
        next.done(outcome);
      });
    }
  }

  async function check(attempt: Waiting): Promise<LoginOutcome> {
    const account = accounts.get(attempt.username);
    const matches = await compare(account, attempt.password);
    if (account !== undefined && matches) {
      verified.set(account.username, fingerprint(account, attempt.password));
      pairs.succeeded(pairKey(attempt));
      return { account };
    }
    const at = clock.now();
    pairs.failed(pairKey(attempt), at);
    sources.failed(attempt.source, at);
    users.failed(attempt.username, at);
    return 'wrong';
  }

  return {
    verify,
    setAccounts(next) {
      accounts = next;
      for (const username of verified.keys()) if (!next.has(username)) verified.delete(username);
    },
  };
}

/** An unknown name takes as long as a known one, so that time does not tell which names exist. */
async function compare(account: Account | undefined, password: Uint8Array): Promise<boolean> {
  try {
    const matches = await verifyPassword(password, account === undefined ? NOBODY : parseHash(account.hash));
    return matches && account !== undefined;
  } catch {
    // A hash that cannot be read matches no password; the configuration check names it.
    return false;
  }
}

function pairKey({ username, source }: LoginAttempt): string {
  return `${source}\0${username}`;
}
