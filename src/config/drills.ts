import type { DrillEntry } from '../alerts/policy/schema/drill.ts';
import { conditionsOf } from '../model/condition-name.ts';
import type { Device, PointType } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import type { Drill } from '../model/routing.ts';
import type { Path } from './fault.ts';
import { checkNames } from './known-names.ts';
import { checkCron, checkReceivers, type ScheduleContext } from './schedule.ts';

/** Builds the drills; those whose shape is at fault are left out. */
export function buildDrills(entries: readonly DrillEntry[], context: ScheduleContext): Drill[] {
  const ids = new Set<string>();
  return entries.flatMap((entry, index) => {
    const path = ['drills', index];
    const { reporter, sound, devices, deviceOf } = context;
    if (!sound(path)) return [];
    if (ids.has(entry.id)) reporter.error('DUPLICATE_ID', [...path, 'id'], entry.id, 'another one has this name');
    ids.add(entry.id);
    checkCron(entry.schedule, [...path, 'schedule'], reporter);
    const device = deviceOf(entry.device);
    if (device) checkDevice(entry, device, path, context);
    if (!devices.has(entry.device))
      reporter.error('DEVICE_UNKNOWN', [...path, 'device'], entry.device, 'no such device: write site/device');
    checkReceivers(entry.receivers, [...path, 'receivers'], context);
    checkReceivers(entry.failTo, [...path, 'failTo'], context);
    if (entry.failTo.every((id) => entry.receivers.includes(id))) {
      const message = 'a failed drill is told on the way that failed: name a receiver that is none of receivers';
      reporter.error('DRILL_SAME_WAY', [...path, 'failTo'], entry.failTo.join(', '), message);
    }
    const { raisedWithin, deliveredWithin, acknowledgedWithin, ...rest } = entry;
    return [
      {
        ...rest,
        raisedWithinMs: parseDuration(raisedWithin),
        deliveredWithinMs: parseDuration(deliveredWithin),
        acknowledgedWithinMs: acknowledgedWithin === undefined ? null : parseDuration(acknowledgedWithin),
      },
    ];
  });
}

function checkDevice(entry: DrillEntry, device: Device, path: Path, { reporter }: ScheduleContext): void {
  const { points, rules, profile } = device;
  const conditions = conditionsOf(points, rules, profile.absent !== null).map(({ name }) => name);
  const place = { code: 'CONDITION_UNKNOWN', what: 'condition', path: [...path, 'expect'], reporter };
  checkNames([entry.expect], conditions, place);
  for (const key of ['values', 'back'] as const) {
    for (const [name, value] of Object.entries(entry[key])) {
      const own = [...path, key, name];
      const point = profile.points.find(({ id }) => id === name);
      if (!point) {
        const known = profile.points.map(({ id }) => id);
        checkNames([name], known, { code: 'POINT_UNKNOWN', what: 'reported point', path: own, reporter });
      } else if (!isOfType(value, point.type)) {
        reporter.error('WRONG_TYPE', own, value, `must be a ${point.type}, as the point is`);
      }
    }
  }
}

function isOfType(value: number | boolean | string, type: PointType): boolean {
  return typeof value === type;
}
