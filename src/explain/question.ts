import type { Alarm } from '../model/alarm.ts';
import type { Device, Point } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Question, Watched } from './explanation.ts';
import { inputsOf } from './situation.ts';
import { named, watchedOfAll, watchedOfDevice, watchedOfPoint } from './watched.ts';

/** So many points are shown beside each other. */
const MOST_POINTS = 8;

/**
 * Why there is an alarm of a point, or none. `at`: epoch milliseconds; null = now.
 *
 * @throws AppError `POINT_UNKNOWN`
 */
export function aboutPoint(device: Device, pointId: string, at: number | null): Question {
  const point = device.points.find(({ id }) => id === pointId);
  if (!point) throw new AppError('POINT_UNKNOWN', `profile ${device.profile.id} has no point ${pointId}`);
  const watched = watchedOfPoint(device, point);
  return { ...plain(device, at), watched, points: pointsOf(device, watched, [point]) };
}

/**
 * Why there is an alarm of a device as a whole, or of one of its rules, or none. `name`: the id of a rule, the name of a
 * condition (`outletPressure.HH`, `absent`, `clock`), or null for whatever is about the device.
 *
 * @throws AppError `RULE_UNKNOWN`
 */
export function aboutDevice(device: Device, name: string | null, at: number | null): Question {
  const all = name === null ? watchedOfDevice(device) : watchedOfAll(device);
  const watched = name === null ? all : named(all, name);
  if (name !== null && watched.length === 0) {
    const known = [...new Set(all.map(({ condition, rule }) => rule?.id ?? condition))].join(', ') || 'none';
    throw new AppError('RULE_UNKNOWN', `nothing by the name ${name} is judged for ${device.key}; there is: ${known}`);
  }
  return { ...plain(device, at), watched, points: pointsOf(device, watched, []) };
}

/** Why this alarm was raised: its condition, and the others on its ladder. */
export function aboutAlarm(device: Device, alarm: Alarm, at: number): Question {
  const all = watchedOfAll(device);
  const watched = alarm.rule === null ? ofLadder(all, alarm) : named(all, alarm.rule);
  const point = device.points.filter(({ id }) => id === alarm.point);
  const { status, condition } = alarm;
  return { device, at, alarm, status, condition, watched, points: pointsOf(device, watched, point) };
}

function ofLadder(all: readonly Watched[], { point, condition }: Alarm): Watched[] {
  if (point === null) return named(all, condition);
  return all.filter((one) => one.point?.id === point && one.rule === null);
}

function plain(device: Device, at: number | null) {
  return { device, at, status: 'actual' as const, condition: null, alarm: null };
}

/** The points of which samples are shown: those asked for, then what the rules read. */
function pointsOf(device: Device, watched: readonly Watched[], first: readonly Point[]): Point[] {
  const points = new Set(first);
  for (const { rule, point } of watched) {
    if (point) points.add(point);
    for (const index of rule ? inputsOf(rule, device) : []) {
      const input = device.points[index];
      if (input) points.add(input);
    }
  }
  return [...points].slice(0, MOST_POINTS);
}
