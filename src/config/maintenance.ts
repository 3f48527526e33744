import type { MaintenanceEntry } from '../alerts/policy/schema/maintenance.ts';
import { parseDuration } from '../model/duration.ts';
import { samePerson } from '../model/person.ts';
import type { MaintenanceWindow, TierSettings } from '../model/routing.ts';
import { TIERS, type Tier, tierRank } from '../model/tier.ts';
import type { Path } from './fault.ts';
import { checkNames } from './known-names.ts';
import { checkCron, type ScheduleContext } from './schedule.ts';

/** Builds the maintenance windows; those whose shape is at fault are left out. */
export function buildMaintenance(
  entries: readonly MaintenanceEntry[],
  tiers: Readonly<Record<Tier, TierSettings>>,
  context: ScheduleContext,
): MaintenanceWindow[] {
  const ids = new Set<string>();
  return entries.flatMap((entry, index) => {
    const path = ['maintenance', index];
    const { reporter, sound } = context;
    if (!sound(path)) return [];
    if (ids.has(entry.id)) reporter.error('DUPLICATE_ID', [...path, 'id'], entry.id, 'another one has this name');
    ids.add(entry.id);
    checkCron(entry.schedule, [...path, 'schedule'], reporter);
    checkPlace(entry, path, context);
    const { id, schedule, site, device = null, profile = null, upTo, reason, owner, approvedBy = null } = entry;
    const window: MaintenanceWindow = {
      id,
      schedule,
      lengthMs: parseDuration(entry.length),
      site,
      device,
      profile,
      upTo,
      reason,
      owner,
      approvedBy,
    };
    checkTerms(window, entry.length, tiers, path, context);
    return [window];
  });
}

function checkPlace({ site, device, profile }: MaintenanceEntry, path: Path, context: ScheduleContext): void {
  const { sites, profiles, devices, reporter } = context;
  checkNames([site], sites, { code: 'SITE_UNKNOWN', what: 'site', path: [...path, 'site'], reporter });
  if (profile !== undefined) {
    checkNames([profile], profiles, { code: 'PROFILE_UNKNOWN', what: 'profile', path: [...path, 'profile'], reporter });
  }
  if (device === undefined || devices.has(`${site}/${device}`)) return;
  const message = `site ${site} has no such device: write its id`;
  reporter.error('DEVICE_UNKNOWN', [...path, 'device'], device, message);
}

/** The suppression governor's terms hold for planned windows too. */
function checkTerms(
  { lengthMs, upTo, owner, approvedBy }: MaintenanceWindow,
  length: string,
  tiers: Readonly<Record<Tier, TierSettings>>,
  path: Path,
  { reporter }: ScheduleContext,
): void {
  const hidden = TIERS.filter((tier) => tierRank(tier) <= tierRank(upTo));
  const tight = hidden.find((tier) => lengthMs > tiers[tier].bypass.maxMs);
  if (tight) {
    const message = `longer than ${tight} alarms may be hidden: shorten it, or hide less urgent ones only`;
    reporter.error('MAINTENANCE_TOO_LONG', [...path, 'length'], length, message);
  }
  const guarded = hidden.find((tier) => tiers[tier].bypass.secondPerson);
  if (!guarded) return;
  if (approvedBy === null) {
    const message = `hides ${guarded} alarms, to which a second person must agree: name them`;
    reporter.error('MAINTENANCE_UNAPPROVED', [...path, 'approvedBy'], null, message);
  } else if (samePerson(owner, approvedBy)) {
    const message = `hides ${guarded} alarms: somebody other than the owner must agree`;
    reporter.error('MAINTENANCE_UNAPPROVED', [...path, 'approvedBy'], approvedBy, message);
  }
}
