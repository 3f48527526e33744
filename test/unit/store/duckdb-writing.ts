import { pino } from 'pino';
import { systemClock } from '../../../src/runtime/clock.ts';
import { createDuckDbStore } from '../../../src/store/duckdb.ts';
import { buildDevice, buildProfile, buildReading } from '../../helpers/readings.ts';

/** Program of its own, to be killed: writes batches into the file and prints the last value of each that is stored. */
const profile = buildProfile({ pressure: 'number' });
const device = buildDevice(profile);
const [file = '', from = '0'] = process.argv.slice(2);
const store = createDuckDbStore({
  file,
  profiles: new Map([[profile.id, profile]]),
  clock: systemClock,
  log: pino({ level: 'silent' }),
});
await store.start();
for (let first = Number(from); ; first += 500) {
  const values = Array.from({ length: 500 }, (_, i) => first + i);
  await store.write(
    values.map((value) => buildReading(device, { ts: 1_795_000_000_000 + value, values: { pressure: value } })),
  );
  process.stdout.write(`${first + 499}\n`);
}
