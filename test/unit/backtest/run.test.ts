import { expect, test } from 'vitest';
import { runBacktest } from '../../../src/backtest/run.ts';
import type { SilenceGroup } from '../../../src/model/group.ts';
import { buildReading, NOON } from '../../helpers/readings.ts';
import { watchedDevice } from '../../helpers/watched.ts';
import { pastOf, rulesOf } from './past.ts';

const first = watchedDevice({ absentAfterMs: 60_000 });
const others = ['b', 'c', 'd'].map((id) => ({ ...first, id, key: `wujin-gas/${id}` }));
const site = { ...first, id: 'site', key: 'wujin-gas/site' };
const all = [first, ...others];
const group: SilenceGroup = {
  kind: 'silence',
  device: site,
  site: { device: site, devices: all.map(({ key }) => key), watched: all.length, silentAfterMs: 60_000 },
  gateways: [],
};

test('devices without readings do not make a site look silent, nor hide the silence of one that has', async () => {
  const readings = [0, 300].map((second) => {
    const ts = NOON + second * 1000;
    return buildReading(first, { values: { p: 4 }, ts, receivedAt: ts });
  });
  const { alarms, unheard } = await runBacktest({
    past: pastOf(readings),
    rules: rulesOf(all, { groups: [group] }),
    from: NOON,
    to: NOON + 600_000,
    end: null,
    onlyDevices: false,
  });
  expect(unheard).toEqual(others.map(({ key }) => key));
  expect(alarms.map(({ device, condition, raisedAt }) => [device, condition, raisedAt - NOON])).toEqual([
    [first.key, 'absent', 60_000],
  ]);
});
