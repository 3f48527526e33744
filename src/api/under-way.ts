import type { Server } from 'node:http';

/** Counts the requests that are being answered, streams included. */
export interface UnderWay {
  /** Resolves when none is left. */
  none(): Promise<void>;
}

/** Watches a server from now on. */
export function watchRequests(server: Server): UnderWay {
  const waiting: (() => void)[] = [];
  let count = 0;
  server.on('request', (_, response) => {
    count++;
    response.once('close', () => {
      count--;
      if (count === 0) for (const resolve of waiting.splice(0)) resolve();
    });
  });
  return {
    async none() {
      if (count > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
