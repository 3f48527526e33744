import type { Client, ConnectPacket } from 'aedes';
import type { Account } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';
import { ANONYMOUS, type ClientIds } from './client-ids.ts';
import type { Connection, Session } from './connection.ts';
import type { Refusal, Tally } from './counters.ts';
import { isLoopback } from './listeners.ts';
import type { Login } from './login.ts';
import type { RefusalLog } from './refusals.ts';
import { publishRefusal, rightsOf } from './rights.ts';
import { isCleanText } from './topic.ts';

export const CLIENT_ID_CHARACTERS = 256;
export const WILL_BYTES = 4096;
/** MQTT allows none to 65,535 s, and none is for ever (CVE-2020-13849). */
const LONGEST_KEEP_ALIVE_S = 1200;

/** CONNACK return codes (MQTT 3.1.1 section 3.2.2.3). */
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const WRONG_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

type ReturnCode = 2 | 3 | 4 | 5;

/** Makes the hooks that Aedes asks when a client connects: who it is, and whether it may be who it says. */
export function createEntry(deps: {
  connectionOf: (client: Client) => Connection | undefined;
  accounts: () => ReadonlyMap<string, Account>;
  login: Login;
  clientIds: ClientIds;
  tally: Tally;
  refusals: RefusalLog;
  /** The connection of a session is closed. */
  ended: (session: Session) => void;
}) {
  const { connectionOf, clientIds, tally, refusals } = deps;

  function preConnect(
    client: Client,
    packet: ConnectPacket,
    callback: (error: Error | null, ok: boolean) => void,
  ): void {
    const connection = connectionOf(client);
    if (connection === undefined) {
      callback(new AppError('MQTT_CONNECTION_UNKNOWN', 'connection was closed'), false);
      return;
    }
    connection.connect = packet;
    // On loopback an idle developer's tool does no harm.
    if (!isLoopback(connection.address)) packet.keepalive = keepAliveInForce(packet.keepalive ?? 0);
    callback(null, true);
  }

  function authenticate(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
    done: (error: (Error & { returnCode: ReturnCode }) | null, ok: boolean | null) => void,
  ): void {
    const connection = connectionOf(client);
    const connect = connection?.connect;
    if (!connection || !connect) {
      done(connackError(NOT_AUTHORIZED, 'anonymous'), null);
      return;
    }

    function refuse(refusal: Refusal, code: ReturnCode): void {
      const name = username ?? `anonymous:${connect?.clientId ?? ''}`;
      refusals.refused(refusal, name, { address: connection?.address, clientId: connect?.clientId?.slice(0, 256) });
      done(connackError(code, refusal), null);
    }

    function finish(account: Account | null): void {
      if (connection === undefined || !connect || connection.socket.destroyed) {
        done(connackError(SERVER_UNAVAILABLE, 'busy'), null);
        return;
      }
      const session = newSession(account, client.id);
      const will = willRefusal(connect, session);
      if (will !== null) {
        refuse(will, NOT_AUTHORIZED);
        return;
      }
      const claim = clientIds.claim(client.id, session.identity, !client.clean);
      if (claim !== 'claimed') {
        if (claim === 'othersId') refuse('clientIdTaken', IDENTIFIER_REJECTED);
        else refuse('tooManySessions', SERVER_UNAVAILABLE);
        return;
      }
      connection.session = session;
      connection.socket.once('close', () => {
        clientIds.release(client.id);
        deps.ended(session);
      });
      tally.logins++;
      done(null, true);
    }

    const id = connect.clientId ?? '';
    // An empty id stands for a new one each time, so it cannot have a stored session [MQTT-3.1.3-8].
    if (!isClientId(id) || (id === '' && connect.clean === false)) {
      refuse('clientIdMalformed', IDENTIFIER_REJECTED);
      return;
    }
    if (id !== username && deps.accounts().has(id)) {
      refuse('clientIdTaken', IDENTIFIER_REJECTED);
      return;
    }
    if (username === undefined) {
      if (connection.listener.anonymous) finish(null);
      else refuse('anonymous', NOT_AUTHORIZED);
      return;
    }
    const attempt = { username, password: password ?? new Uint8Array(), source: connection.address };
    deps.login.verify(attempt, (outcome) => {
      if (outcome === 'wrong') refuse('wrongPassword', WRONG_PASSWORD);
      else if (outcome === 'backOff') refuse('backOff', NOT_AUTHORIZED);
      else if (outcome === 'busy') refuse('busy', SERVER_UNAVAILABLE);
      else finish(outcome.account);
    });
  }

  return { preConnect, authenticate };
}

/**
 * The keep-alive, in seconds, that is in force for a client that asks for `requested`; 0 asks for none. A server may drop
 * an idle client whatever its keep-alive (MQTT 3.1.1 section 3.1.2.10), so a sleeping meter is let in and a dead socket is
 * gone after half an hour; to refuse instead (code 6 of Aedes is not in MQTT 3.1.1) would lock the meter out.
 */
export function keepAliveInForce(requested: number): number {
  return requested === 0 ? LONGEST_KEEP_ALIVE_S : Math.min(requested, LONGEST_KEEP_ALIVE_S);
}

function newSession(account: Account | null, clientId: string): Session {
  return {
    identity: account?.username ?? ANONYMOUS,
    label: account?.username ?? `anonymous:${clientId}`,
    account,
    rights: rightsOf(account),
    clientId,
    publishAnswers: new Map(),
    receiveAnswers: new Map(),
    filters: new Set(),
  };
}

/** A will is checked at CONNECT, as what it is: a publish of this identity [MQTT-3.1.2-8]. */
function willRefusal(connect: ConnectPacket, session: Session): Refusal | null {
  const { will } = connect;
  if (will === undefined) return null;
  if (will.payload.length > WILL_BYTES) return 'willOversized';
  return publishRefusal(session.rights, will.topic) === null ? null : 'willNotAllowed';
}

function isClientId(id: string): boolean {
  return id.length <= CLIENT_ID_CHARACTERS && isCleanText(id);
}

function connackError(returnCode: ReturnCode, refusal: Refusal): Error & { returnCode: ReturnCode } {
  return Object.assign(new AppError('MQTT_CONNECT_REFUSED', `connect refused: ${refusal}`), { returnCode });
}
