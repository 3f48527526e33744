import { AppError } from '../model/error.ts';

/**
 * Settles as `call` does, or rejects after `ms`; the abandoned call's own outcome is then ignored.
 *
 * It runs on real time, not on a `Clock`: it guards against a database that hangs in the real world, and a clock that
 * is moved by a test or a backtest must not fail calls that are under way.
 *
 * @throws AppError `STORE_UNAVAILABLE`
 */
export async function withDeadline<T>(call: Promise<T>, ms: number, what: string, onLate?: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AppError('STORE_UNAVAILABLE', `${what} did not finish within ${ms} ms`));
      onLate?.();
    }, ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
