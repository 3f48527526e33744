import type { Evaluation } from '../model/evaluation.ts';
import type { Trace } from '../rules/trace.ts';

/** So many evaluations of a condition are kept. */
const KEPT = 3;

/** The last evaluations of every condition of the devices that are followed. */
export class Evaluations {
  private readonly byCondition = new Map<string, Evaluation[]>();

  /** A trace that keeps what is judged of the device. */
  traceOf(device: string): Trace {
    return (condition, ts, at, value, quality, measured, limit, verdict, before, hold) => {
      const key = `${device}|${condition}`;
      const kept = this.byCondition.get(key) ?? [];
      const pending = hold.phase === 'pendingOn' || hold.phase === 'pendingOff';
      const dueTs = pending ? hold.dueTs : null;
      const after = hold.phase;
      const shown = shownAs(condition, { measured, limit, verdict });
      kept.push({ device, condition, ts, at, value, quality, ...shown, before, after, dueTs });
      if (kept.length > KEPT) kept.shift();
      this.byCondition.set(key, kept);
    };
  }

  recent(): Evaluation[] {
    return [...this.byCondition.values()].flat();
  }
}

type Compared = Pick<Evaluation, 'measured' | 'limit' | 'verdict'>;

/**
 * A rule about a fall counts it upwards: a person is shown the change of the point itself, with its sign. Where nothing
 * could be compared, nothing is known. `falling` ends the name of a rate only.
 */
function shownAs(condition: string, { measured, limit, verdict }: Compared): Compared {
  const known = measured === null && verdict === 'between' ? 'unknown' : verdict;
  if (!condition.endsWith('.falling')) return { measured, limit, verdict: known };
  return {
    measured: measured === null ? null : 0 - measured,
    limit: limit === null ? null : 0 - limit,
    verdict: known,
  };
}
