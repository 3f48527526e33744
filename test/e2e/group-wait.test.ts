import { afterEach, expect, it } from 'vitest';
import { type EngineSite, openEngineSite } from '../helpers/engine-site.ts';

const point = (tier: string) => `
    type: number
    limits: { H: { at: 3, tier: ${tier} } }
    why: { cause: regulator fails open, consequence: flames lift, action: close the inlet valve, responseTime: 10m }`;

const PROFILE = `
profile: gas-regulator-cabinet
reporting: { mode: periodic, interval: 1s }
absent: { after: 30m, tier: blue }
points:
  outletPressure:${point('yellow')}
  inletPressure:${point('yellow')}
  gas:${point('red')}
`;

let site: EngineSite;
afterEach(() => site.close());

it('a group that waits outlives a kill: red goes ahead, the digest comes once, and nothing twice', async () => {
  site = await openEngineSite(PROFILE);
  const receiver = `{ webhook: { url: "${site.receiver.url}", secret: "\${CC_SECRET}" } }`;
  site.write(
    'routes.yaml',
    `receivers: { cc: ${receiver} }\nroutes: [{ to: [cc], groupBy: [site], groupWait: 4s, groupInterval: 60s }]\ninhibit: []\n`,
  );
  await site.start();
  await site.publish(JSON.stringify({ ts: Date.now(), values: { outletPressure: 5, inletPressure: 5 } }));
  await site.publish(JSON.stringify({ ts: Date.now(), values: { gas: 5 } }));
  await site.receiver.waitFor(() => site.types().length === 1);
  await site.engine.kill();
  await site.start();
  await site.receiver.waitFor((receiver) => receiver.accepted().length >= 2, 15_000);
  await site.engine.kill();
  await site.start();
  await site.publish(JSON.stringify({ ts: Date.now(), values: { gas: 1 } }));
  await site.receiver.waitFor(() => site.types().length === 2);
  expect(site.receiver.accepted().map(({ event }) => event.type.replace('davylamp.', ''))).toEqual([
    'alarm.raised',
    'digest',
    'alarm.returned',
  ]);
  const [, digest] = site.receiver.accepted();
  expect(JSON.parse(digest?.body ?? '{}').data.digest).toMatchObject({
    events: 2,
    reasons: ['group'],
    group: { site: 'wujin-gas' },
    alarms: { yellow: 2, red: 0 },
  });
  expect(site.receiver.faults()).toEqual([]);
});
