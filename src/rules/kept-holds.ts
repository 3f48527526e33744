import type { Point } from '../model/device.ts';
import type { HoldSnapshot, Verdict } from './hold.ts';
import { judgeLimit } from './ladder.ts';
import type { PointSnapshot } from './point-watch.ts';
import { judgeLevel, type RuleSnapshot, type RuleWatch } from './rule-watch.ts';

/*
 * What is in force, and about to be, under rules that may be others than those it came about by. Under the same rules
 * nothing changes. Under others nothing that is in force ends by itself, and nothing comes into force that the newest
 * good sample speaks against: the next one decides.
 */

/** The holds of a point for its limits as they are now. `fits` false: its values mean nothing any more. */
export function holdsOfPoint(point: Point, { value, quality, holds }: PointSnapshot, fits: boolean): HoldSnapshot[] {
  return holds.flatMap((hold) => {
    const limit = point.limits.find(({ name }) => name === hold[0]);
    if (!limit) return [];
    const verdict = fits && typeof value === 'number' ? judgeLimit(limit, value) : null;
    // An on-delay that goes on would end in an alarm over a limit that is not exceeded.
    if (hold[1] === 'pendingOn' && quality === 'good' && verdict !== null && verdict !== 'tripped') return [];
    return [underLimit(hold, verdict)];
  });
}

/**
 * The holds of a rule for its steps as they are now. What a step had that is gone passes to the mildest one: the rule is
 * there, so its alarm is. `fits` false: what was measured means nothing any more.
 */
export function holdsOfRule({ rule, measure }: RuleWatch, saved: RuleSnapshot, fits: boolean): HoldSnapshot[] {
  const { levels } = rule;
  const holds: HoldSnapshot[] = [];
  let lost: HoldSnapshot | null = null;
  for (const hold of saved.holds) {
    const level = levels.find(({ name }) => name === hold[0]);
    // What a step looks at itself is known to the measure alone.
    if (level && fits && measure.ofLevel) holds.push(hold);
    else if (level) holds.push(underLimit(hold, fits ? judgeLevel(level, saved.measured) : null));
    else if (!lost || !isInForce(lost)) lost = hold;
  }
  const [mildest] = levels;
  const known = mildest && holds.findIndex(([name]) => name === mildest.name);
  if (!lost || !mildest || known === undefined) return holds;
  const [, phase, ...times] = lost;
  const passed = underLimit([mildest.name, phase, ...times], null);
  if (known === -1) return [...holds, passed];
  return isInForce(lost) ? holds.map((hold, i) => (i === known && !isInForce(hold) ? passed : hold)) : holds;
}

/** A condition that is about to end goes on instead, unless the newest sample clears the limit that is in force now. */
function underLimit(hold: HoldSnapshot, verdict: Verdict | null): HoldSnapshot {
  const [name, phase, dueTs, , occurredAt, receivedAt] = hold;
  if (phase !== 'pendingOff' || verdict === 'cleared') return hold;
  return [name, 'active', dueTs, null, occurredAt, receivedAt];
}

function isInForce([, phase]: HoldSnapshot): boolean {
  return phase === 'active' || phase === 'pendingOff';
}
