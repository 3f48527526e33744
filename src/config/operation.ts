import type { Configuration } from '../model/configuration.ts';
import { buildDrills } from './drills.ts';
import { buildMaintenance } from './maintenance.ts';
import { buildTiers } from './promises.ts';
import { buildReport, type ScheduleContext } from './schedule.ts';
import type { SettingsFile } from './settings.ts';
import type { Shape } from './shape.ts';

/** What davylamp.yaml says about devices and receivers: it is built when those are known. */
export type Operation = Pick<Configuration, 'maintenance' | 'drills' | 'report'>;

/** Builds what runs by a schedule; what has a fault in its shape is left out. */
export function buildOperation(
  { data, sound }: Shape<SettingsFile>,
  context: Omit<ScheduleContext, 'sound'>,
): Operation {
  const own = { ...context, sound };
  const tiers = sound(['tiers']) ? buildTiers(data.tiers) : null;
  return {
    maintenance: tiers && Array.isArray(data.maintenance) ? buildMaintenance(data.maintenance, tiers, own) : [],
    drills: Array.isArray(data.drills) ? buildDrills(data.drills, own) : [],
    report: buildReport(data.report, own),
  };
}
