import { timeFormat } from '../report/wording.ts';
import { systemClock } from '../runtime/clock.ts';
import type { CommandIo } from './io.ts';

const EVERY_MS = 2_000;

/**
 * Tells now and then how far a backtest is: part of the span where its end is known, the time it has reached, and
 * values a second. `what` names the run where there are two.
 */
export function createProgress(
  { err }: Pick<CommandIo, 'err'>,
  { from, to }: { readonly from: number; readonly to: number },
  timezone: string,
  what: string | null,
): (ts: number, values: number) => void {
  const begun = systemClock.now();
  const time = timeFormat(timezone);
  const known = to <= begun;
  let told = begun;
  return (ts, values) => {
    const now = systemClock.now();
    if (now - told < EVERY_MS) return;
    told = now;
    const part = known ? `${Math.floor((100 * (ts - from)) / (to - from))} %, ` : '';
    const speed = Math.round((1000 * values) / (now - begun)).toLocaleString('en-US');
    err(`… ${what === null ? '' : `${what}: `}${part}${time(ts)}, ${speed} values/s`);
  };
}
