import { systemClock } from '../../src/runtime/clock.ts';
import { buildAlarmEvent, openRig } from './delivery-rig.ts';
import { TEST_SECRET } from './receiver.ts';

/**
 * An outbox and dispatcher to be killed: `tsx test/helpers/delivery-process.ts DIRECTORY URL RUN`. Publishes raised and
 * cleared events without end and prints the id of each one once its commit is on disk.
 */
const [directory = '', url = '', run = ''] = process.argv.slice(2);
const webhook = { url, secret: TEST_SECRET, allowHttp: false, timeoutMs: 1000, giveUpAfterMs: 86_400_000 };
const rig = openRig({ directory, webhooks: { a: webhook } });
process.stdin.resume().once('end', () => process.exit(0));

for (let index = 0; ; index++) {
  const name = `${run}-${index}`;
  const events = [
    buildAlarmEvent(name, 'raised', { tier: index % 3 === 0 ? 'red' : 'orange' }),
    buildAlarmEvent(name, 'cleared', { revision: 2, state: 'normal' }),
  ];
  await rig.publish(events, ['a']);
  process.stdout.write(`${events.map(({ id }) => id).join('\n')}\n`);
  if (index % 10 === 9) await systemClock.sleep(1);
}
