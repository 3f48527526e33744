import { AppError } from '../model/error.ts';

/**
 * Settles as `call` does, or rejects after `ms`; the abandoned call's own outcome is then ignored.
 *
 * It runs on real time, not on a `Clock`: it guards against a database that hangs in the real world, and a clock that
 * is moved by a test or a backtest must not fail calls that are under way.
 *
 * A function as `ms` is asked again when the time is over: it may have grown.
 *
 * @throws AppError `STORE_UNAVAILABLE`
 */
export async function withDeadline<T>(
  call: Promise<T>,
  ms: number | (() => number),
  what: string,
  onLate?: () => void,
): Promise<T> {
  const limit = typeof ms === 'number' ? () => ms : ms;
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const look = () => {
      const left = limit() - (performance.now() - begun);
      if (left > 1) {
        timer = setTimeout(look, left);
        return;
      }
      reject(new AppError('STORE_UNAVAILABLE', `${what} did not finish within ${limit()} ms`));
      onLate?.();
    };
    timer = setTimeout(look, limit());
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
