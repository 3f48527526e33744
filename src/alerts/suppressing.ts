import type { Bypass } from '../model/bypass.ts';
import type { SuppressionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Bypassing } from './bypassing.ts';
import type { BypassRequest } from './policy/governor.ts';

/** The least that a bypass lasts. */
const LEAST_MS = 1_000;

/** What plant states, as the rules find them, make of the book of bypasses. */
export class Suppressing {
  private readonly bypassing: Bypassing;

  constructor(bypassing: Bypassing) {
    this.bypassing = bypassing;
  }

  /**
   * Takes a suppression that begins or is over. One that begins again is begun once; one that a person has lifted since
   * stays lifted until its condition was false.
   *
   * @throws AppError the governor's refusal (`BYPASS_…`): then nothing is hidden
   */
  apply(change: SuppressionChange): void {
    const { device, suppression, since, at } = change;
    if (since === null) {
      this.bypassing.endOf(placeOf(device), (bypass) => isOf(bypass, suppression.id), at);
      return;
    }
    for (const request of requestsOf(change, since)) {
      if (request.lengthMs !== null && request.lengthMs < LEAST_MS) continue;
      if (!this.bypassing.wasLifted(request, since)) this.bypassing.begin(request, at);
    }
  }

  /** Ends what hides by a suppression that is not in force, or not configured as it was. */
  endOthers(inForce: readonly SuppressionChange[], at: number): void {
    const asked = new Set(
      inForce.flatMap((change) =>
        change.since === null ? [] : requestsOf(change, change.since).map((request) => termsOf(request)),
      ),
    );
    this.bypassing.endWhere((bypass) => bypass.origin.kind === 'rule' && !asked.has(termsOf(bypass)), at);
  }
}

function isOf({ origin }: Bypass, id: string): boolean {
  return origin.kind === 'rule' && origin.id === id;
}

function placeOf({ site, id }: Device): BypassRequest['scope'] {
  return { alarm: null, site, device: id, profile: null, point: null, rule: null };
}

/** What it asks for: one bypass for each point and rule that it hides. */
function requestsOf({ device, suppression, at }: SuppressionChange, since: number): BypassRequest[] {
  const { id, upTo, hides, reason, owner, approvedBy, maxMs } = suppression;
  return hides.map(({ point, rule }) => ({
    kind: 'suppression',
    scope: { ...placeOf(device), point, rule },
    upTo,
    oneShot: false,
    reason,
    owner,
    approvedBy,
    origin: { kind: 'rule', id },
    replacement: null,
    workOrder: null,
    lengthMs: maxMs === null ? null : since + maxMs - at,
  }));
}

/** What makes two bypasses the same but for their time. */
function termsOf({ scope, upTo, reason, owner, approvedBy, origin }: BypassRequest | Bypass): string {
  const { site, device, point, rule } = scope;
  const id = origin.kind === 'person' ? null : origin.id;
  return JSON.stringify([id, site, device, point, rule, upTo, reason, owner, approvedBy]);
}
