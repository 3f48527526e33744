import { afterEach, beforeEach, expect, it } from 'vitest';
import { NOON } from '../../helpers/readings.ts';
import { openRegisterRig, type RegisterRig } from '../../helpers/register-rig.ts';

let rig: RegisterRig;
beforeEach(() => {
  rig = openRegisterRig();
});
afterEach(() => rig.close());

it('an alarm that chatters is marked, in its events and on the list, also across a restart', async () => {
  for (let visit = 0; visit < 2; visit++) {
    await rig.change(NOON + visit * 20_000, 'yellow');
    await rig.change(NOON + visit * 20_000 + 5_000, null);
  }
  await rig.restart();
  await rig.change(NOON + 40_000, 'yellow');
  expect(rig.open().nuisance).toBeNull();
  await rig.change(NOON + 45_000, null);
  expect(rig.open().nuisance).toBe('chattering');
  expect(rig.sent.at(-1)).toMatchObject({ type: 'davylamp.alarm.returned', alarm: { nuisance: 'chattering' } });
  expect(rig.register.nuisances(NOON + 60_000)).toMatchObject([
    { condition: 'p.H', nuisance: 'chattering', visits: 3, tuning: { offDelayMs: 16_000 } },
  ]);
  // Quiet for ten minutes, it is an alarm as any other.
  await rig.change(NOON + 700_000, 'yellow');
  expect(rig.open().nuisance).toBeNull();
});
