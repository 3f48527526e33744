/** Stored sessions (clean session = 0) that one identity may have. */
export interface SessionCaps {
  readonly named: number;
  readonly anonymous: number;
}

/** Anonymous clients are one identity; no username is empty. */
export const ANONYMOUS = '';

export type ClaimOutcome = 'claimed' | 'othersId' | 'tooManySessions';

interface Claim {
  readonly identity: string;
  connections: number;
  persistent: boolean;
}

/**
 * Binds each client id in use, by a connection or by a stored session, to the identity that uses it. Aedes lets whoever
 * names an id take it over, with its session and its messages.
 *
 * Bounded by the connections plus the stored sessions of each identity: one too many evicts that identity's oldest
 * session without a connection.
 */
export class ClientIds {
  readonly #caps: SessionCaps;
  readonly #evict: (clientId: string) => void;
  readonly #claims = new Map<string, Claim>();
  readonly #persistent = new Map<string, Set<string>>();

  /** `evict` drops the stored session of a client id. */
  constructor(caps: SessionCaps, evict: (clientId: string) => void) {
    this.#caps = caps;
    this.#evict = evict;
  }

  /** Takes `clientId` for a connection of `identity`; each `claimed` needs one {@link release}. */
  claim(clientId: string, identity: string, persistent: boolean): ClaimOutcome {
    const known = this.#claims.get(clientId);
    if (known !== undefined && known.identity !== identity) return 'othersId';
    if (persistent && !known?.persistent && !this.#makeRoom(identity)) return 'tooManySessions';
    const claim = known ?? { identity, connections: 0, persistent };
    claim.connections++;
    this.#setPersistent(clientId, claim, persistent);
    this.#claims.set(clientId, claim);
    return 'claimed';
  }

  /** The connection that claimed `clientId` has ended. */
  release(clientId: string): void {
    const claim = this.#claims.get(clientId);
    if (claim === undefined) return;
    claim.connections--;
    if (claim.connections <= 0 && !claim.persistent) this.#claims.delete(clientId);
  }

  #setPersistent(clientId: string, claim: Claim, persistent: boolean): void {
    claim.persistent = persistent;
    const own = this.#persistent.get(claim.identity) ?? new Set();
    if (persistent) own.add(clientId);
    else own.delete(clientId);
    if (own.size > 0) this.#persistent.set(claim.identity, own);
    else this.#persistent.delete(claim.identity);
  }

  #makeRoom(identity: string): boolean {
    const own = this.#persistent.get(identity);
    const cap = identity === ANONYMOUS ? this.#caps.anonymous : this.#caps.named;
    if (own === undefined || own.size < cap) return true;
    for (const clientId of own) {
      const claim = this.#claims.get(clientId);
      if (claim === undefined || claim.connections > 0) continue;
      this.#setPersistent(clientId, claim, false);
      this.#claims.delete(clientId);
      this.#evict(clientId);
      return true;
    }
    return false;
  }
}
