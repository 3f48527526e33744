import { describe, expect, it } from 'vitest';
import { bypassNotice } from '../../../src/alerts/bypass-notice.ts';
import type { Bypass } from '../../../src/model/bypass.ts';
import { NOON } from '../../helpers/readings.ts';

const MINUTE = 60_000;
const shelf: Bypass = {
  id: 'byp_1',
  kind: 'shelf',
  scope: { alarm: 's/d1|a|high|actual', site: 's', device: 'd1', profile: 'p', point: 'a', rule: null },
  upTo: 'red',
  oneShot: false,
  reason: '传感器校准',
  owner: 'Li',
  approvedBy: null,
  origin: { kind: 'person' },
  replacement: null,
  workOrder: null,
  state: 'requested',
  requestedAt: NOON,
  from: null,
  lengthMs: 30 * MINUTE,
  until: NOON + 15 * MINUTE,
  since: {},
  warnedAt: null,
  endedAt: null,
  endedBy: null,
  end: null,
  hidden: 0,
};
const active: Bypass = { ...shelf, state: 'active', from: NOON, until: NOON + 30 * MINUTE };
const site: Bypass = {
  ...active,
  kind: 'outOfService',
  upTo: 'orange',
  scope: { alarm: null, site: 's', device: null, profile: null, point: null, rule: null },
};

describe('the notice of a bypass', () => {
  it.each([
    [
      'requested',
      shelf,
      0,
      'Li asks for a shelf of s/d1 (a) up to red: a second person must approve it within 15 min (传感器校准)',
      'Li 申请搁置 s/d1（a）（红色及以下），须由第二人在 15 分钟内批准（传感器校准）',
    ],
    [
      'begun',
      active,
      0,
      'shelf of s/d1 (a) up to red for 30 min: Li (传感器校准)',
      '已搁置 s/d1（a）（红色及以下），时长 30 分钟：Li（传感器校准）',
    ],
    [
      'expiring',
      active,
      20 * MINUTE + 40,
      'the shelf of s/d1 (a) ends in 10 min: what holds then is announced again',
      's/d1（a）的搁置将于 10 分钟后结束，届时仍存在的报警将重新发出',
    ],
    [
      'begun',
      site,
      0,
      'removal from service of s up to orange for 30 min: Li (传感器校准)',
      '已停用 s （橙色及以下），时长 30 分钟：Li（传感器校准）',
    ],
    [
      'ended',
      { ...active, end: 'expired' as const },
      30 * MINUTE,
      'the shelf of s/d1 (a) has ended: its time is over',
      's/d1（a）的搁置已结束：到期',
    ],
  ] as const)('%s', (step, bypass, afterMs, en, zh) => {
    expect(bypassNotice(bypass, step, NOON + afterMs).message).toEqual({ en, zh });
  });
});
