import { type Logger, pino } from 'pino';
import { PinoPretty as pretty } from 'pino-pretty';

export type { Logger };

/**
 * The logger of the process: JSON lines, or coloured lines where standard output is a terminal.
 * Secrets never reach it: callers log ids and codes, and these paths are cut as a second line of defence.
 */
export function createLogger(options: { level?: string; pretty?: boolean } = {}): Logger {
  const level = options.level ?? 'info';
  const redact = ['password', '*.password', 'secret', '*.secret', 'authorization', '*.authorization'];
  if (options.pretty) {
    // In step with the process: the last line before an exit is the one that matters.
    return pino({ level, redact }, pretty({ ignore: 'pid,hostname', sync: true }));
  }
  return pino({ level, redact });
}
