import type { WallTime } from '../../model/local-time.ts';
import type { Routing } from '../../model/routing.ts';
import { applies } from './calendar.ts';

/** The receivers that stand for a name at a time: a receiver for itself, a roster for those whose turn it is. */
export function standingFor(
  name: string,
  { rosters, calendars }: Pick<Routing, 'rosters' | 'calendars'>,
  wall: WallTime,
): readonly string[] {
  const roster = rosters.get(name);
  if (!roster) return [name];
  return roster.turns.find(({ when }) => applies(when, calendars, wall))?.to ?? roster.otherwise;
}
