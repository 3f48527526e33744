import type { BypassRequest } from './alerts/policy/governor.ts';
import type { Bypass } from './model/bypass.ts';
import type { MaintenanceWindow } from './model/routing.ts';
import type { Job } from './schedule.ts';

/** What windows ask of the book of bypasses. */
export interface MaintenanceDeps {
  readonly bypasses: {
    /** Gives the one that is there already; throws AppError: the governor's refusal. */
    begin(request: BypassRequest, at: number): Bypass;
    endWhere(over: (bypass: Bypass) => boolean, at: number): void;
  };
  /** Resolves when what was begun or ended is on disk. */
  readonly commit: () => Promise<void>;
  /** Engine time. */
  readonly now: () => number;
}

/** Shorter ones are not worth a bypass. */
const LEAST_MS = 1_000;

/**
 * A job for each maintenance window: it begins a suppression by design that ends by itself. A beginning that was missed
 * while the process was down is made up for the time that remains; a window that began before goes on over a restart.
 */
export function maintenanceJobs(windows: readonly MaintenanceWindow[], deps: MaintenanceDeps): Job[] {
  return windows.map((window) => ({
    id: `maintenance:${window.id}`,
    cron: window.schedule,
    makeUpMs: window.lengthMs,
    deadlineMs: 30_000,
    async run(planned) {
      const at = deps.now();
      // The timer may be a little early by engine time: the window is never longer than it was approved for.
      const lengthMs = Math.min(window.lengthMs, planned + window.lengthMs - at);
      if (lengthMs < LEAST_MS) return;
      deps.bypasses.begin(requestOf(window, lengthMs), at);
      await deps.commit();
    },
  }));
}

/** Ends what a window began that is not configured any more, or covers something else now. */
export async function endForgotten(windows: readonly MaintenanceWindow[], deps: MaintenanceDeps): Promise<void> {
  const isForgotten = ({ origin, scope, upTo }: Bypass) => {
    if (origin.kind !== 'window') return false;
    const window = windows.find(({ id }) => id === origin.id);
    return !(
      window &&
      window.site === scope.site &&
      window.device === scope.device &&
      window.profile === scope.profile &&
      window.upTo === upTo
    );
  };
  deps.bypasses.endWhere(isForgotten, deps.now());
  await deps.commit();
}

function requestOf(window: MaintenanceWindow, lengthMs: number): BypassRequest {
  const { id, site, device, profile, upTo, reason, owner, approvedBy } = window;
  return {
    kind: 'suppression',
    scope: { alarm: null, site, device, profile, point: null, rule: null },
    upTo,
    oneShot: false,
    reason,
    owner,
    approvedBy,
    origin: { kind: 'window', id },
    replacement: null,
    workOrder: null,
    lengthMs,
  };
}
