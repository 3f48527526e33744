import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;

/**
 * Waits until `holds` returns true, looking again every 25 ms.
 *
 * @throws Error naming `what` when it does not hold within `deadlineMs`
 */
export async function until(
  what: string,
  deadlineMs: number,
  holds: () => boolean | Promise<boolean>,
  state: () => unknown = () => '',
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what} ${JSON.stringify(state())}`);
    await delay(LOOK_EVERY_MS);
  }
}
