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
      kept.push({ device, condition, ts, at, value, quality, measured, limit, verdict, before, after, dueTs });
      if (kept.length > KEPT) kept.shift();
      this.byCondition.set(key, kept);
    };
  }

  recent(): Evaluation[] {
    return [...this.byCondition.values()].flat();
  }
}
