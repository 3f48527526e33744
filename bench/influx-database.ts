import { setTimeout as delay } from 'node:timers/promises';

const COMPLETE_MS = 120_000;

/** Statements to an InfluxDB 1.x server, as `create database x`. */
export async function influxQuery(url: string, statement: string): Promise<unknown> {
  const body = new URLSearchParams({ q: statement });
  const answer = await fetch(`${url}/query`, { method: 'POST', body, signal: AbortSignal.timeout(30_000) });
  return await answer.json();
}

/** Number of rows of a measurement that have `field`. */
export async function influxCount(url: string, database: string, measurement: string, field: string): Promise<number> {
  const statement = `select count("${field}") from "${database}".."${measurement}"`;
  const answer = (await influxQuery(url, statement)) as {
    results: { series?: { values: [string, number][] }[] }[];
  };
  return answer.results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
}

/**
 * Resolves when the measurement holds `count` rows.
 *
 * @throws Error after two minutes: rows are lost
 */
export async function untilInfluxHolds(count: number, read: () => Promise<number>): Promise<void> {
  const until = Date.now() + COMPLETE_MS;
  for (;;) {
    const found = await read();
    if (found >= count) return;
    if (Date.now() > until) throw new Error(`InfluxDB holds ${found} of ${count} rows`);
    await delay(100);
  }
}
