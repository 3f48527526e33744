import type { Socket } from 'node:net';
import type { ConnectPacket } from 'aedes';
import type { Account, MqttListener } from '../model/configuration.ts';
import { ByteLimit, type StreamViolation } from './byte-limit.ts';
import type { Rights, RightsRefusal } from './rights.ts';
import type { TopicUse } from './topic.ts';

/** Who a connection belongs to once it has logged in. */
export interface Session {
  /** The username; {@link ANONYMOUS} for anonymous clients. */
  readonly identity: string;
  /** What envelopes and log lines call it: the username, or `anonymous:<clientId>`. */
  readonly label: string;
  readonly account: Account | null;
  readonly rights: Rights;
  readonly clientId: string;
  /** Topics it has published to, with the answer; a client keeps to a few. */
  readonly publishAnswers: Map<string, TopicUse | RightsRefusal>;
  readonly receiveAnswers: Map<string, boolean>;
  /** Filters it is subscribed to. */
  readonly filters: Set<string>;
}

/** Why reading is held up; one bit each. */
export const HOLD = { login: 1, load: 2, rate: 4, stopping: 8 } as const;

export type Hold = (typeof HOLD)[keyof typeof HOLD];

/**
 * One socket: limits what Aedes reads from it. While something holds it, `read` gives nothing, the socket's buffer fills
 * and TCP slows the sender down; nothing is dropped and nothing piles up here.
 */
export class Connection {
  readonly socket: Socket;
  readonly listener: MqttListener;
  readonly address: string;
  connect: ConnectPacket | null = null;
  session: Session | null = null;
  inFlight = 0;
  inFlightBytes = 0;
  /** Messages it may send at once; negative while it has to wait. */
  tokens: number;
  tokensAt = 0;
  readonly #limit: ByteLimit;
  readonly #onViolation: (violation: StreamViolation) => void;
  #holds = 0;
  #loginStarted = false;
  #parsing = false;
  #readRefused = false;

  constructor(deps: {
    socket: Socket;
    listener: MqttListener;
    packetBytes: number;
    tokens: number;
    onViolation: (connection: Connection, violation: StreamViolation) => void;
  }) {
    this.socket = deps.socket;
    this.listener = deps.listener;
    this.address = deps.socket.remoteAddress ?? 'unknown';
    this.tokens = deps.tokens;
    this.#limit = new ByteLimit(deps.packetBytes);
    this.#onViolation = (violation) => deps.onViolation(this, violation);
    this.#guardReads();
  }

  /** Stops reading for a reason. */
  hold(reason: Hold): void {
    this.#holds |= reason;
  }

  /** Takes a reason away; reading goes on when none is left. */
  release(reason: Hold): void {
    this.#holds &= ~reason;
    this.#readAgain();
  }

  /**
   * Puts the limit in front of `socket.read(null)`, which is how Aedes reads. The first call gives the CONNECT alone and
   * the rest follows after the login: Aedes handles what it reads between CONNACK and the end of the login before what
   * it queued earlier, and drops the connection when more than `queueLimit` packets are queued.
   */
  #guardReads(): void {
    const { socket } = this;
    const read = socket.read.bind(socket);
    socket.read = (size?: number) => {
      // Node's own way of asking the kernel for more.
      if (size === 0) return read(0);
      if (this.#holds !== 0 || this.#parsing) {
        this.#readRefused = true;
        return null;
      }
      const data = this.#nextData(read);
      if (data !== null) this.#guardParser();
      return data;
    };
  }

  #nextData(read: (size?: number) => Buffer | null): Buffer | null {
    for (;;) {
      const chunk = this.#limit.takeHeld() ?? read();
      if (chunk === null) return null;
      const data = this.#limit.push(chunk);
      if (this.#limit.violation !== null) {
        this.#onViolation(this.#limit.violation);
        this.socket.destroy();
        return null;
      }
      if (!this.#loginStarted && this.#limit.connectPassed) {
        this.#loginStarted = true;
        this.hold(HOLD.login);
      }
      if (data.length > 0) return data;
    }
  }

  /**
   * Aedes may ask for more while its parser is still within the last chunk (QoS 0, callbacks that return at once), and
   * the parser would then give the same packet twice. More comes only when that call stack has ended.
   */
  #guardParser(): void {
    this.#parsing = true;
    process.nextTick(() => {
      this.#parsing = false;
      this.#readAgain();
    });
  }

  #readAgain(): void {
    if (this.#holds !== 0 || this.#parsing || !this.#readRefused) return;
    this.#readRefused = false;
    setImmediate(() => this.socket.emit('readable'));
  }
}
