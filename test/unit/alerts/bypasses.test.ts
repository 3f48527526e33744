import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BypassRequest } from '../../../src/alerts/policy/governor.ts';
import type { BypassScope } from '../../../src/model/bypass.ts';
import { NOON } from '../../helpers/readings.ts';
import { openRegisterRig, type RegisterRig, RIG_DEVICE } from '../../helpers/register-rig.ts';
import { buildTerms } from '../../helpers/terms.ts';
import { buildLimit, watchedDevice } from '../../helpers/watched.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const li = { by: 'Li', comment: 'valve work' };
const wang = { by: 'Wang', comment: 'agreed' };
const shelf = (lengthMs: number, oneShot = false) => ({ ...li, lengthMs, oneShot });
const ofDevice: BypassScope = {
  alarm: null,
  site: RIG_DEVICE.site,
  device: RIG_DEVICE.id,
  profile: null,
  point: null,
  rule: null,
};
const outOfService: BypassRequest = {
  kind: 'outOfService',
  scope: ofDevice,
  upTo: 'orange',
  oneShot: false,
  reason: 'sensor exchange',
  owner: 'Li',
  approvedBy: null,
  origin: { kind: 'person' },
  replacement: 'portable detector',
  workOrder: 'WO-7',
  lengthMs: HOUR,
};
const window: BypassRequest = {
  ...outOfService,
  kind: 'suppression',
  replacement: null,
  origin: { kind: 'window', id: 'night' },
};

let rig: RegisterRig;
beforeEach(() => {
  rig = openRegisterRig();
});
afterEach(() => rig.close());

const LI_SHELF = { by: 'Li', comment: 'sensor exchange', lengthMs: 600_000, oneShot: false };

describe('bypasses', () => {
  it('a shelf hides, is counted, warns before its end, and announces what holds when it ends', async () => {
    await rig.change(NOON, 'yellow');
    const { id } = rig.open();
    const made = await rig.register.shelve(id, shelf(HOUR), NOON + MINUTE);
    expect(made).toMatchObject({ state: 'active', upTo: 'yellow', owner: 'Li', hidden: 1, until: NOON + 61 * MINUTE });
    expect(rig.register.get(id)).toMatchObject({ state: 'shelved', shown: 'unacknowledged', bypass: made.id });
    await rig.tick(NOON + 51 * MINUTE - 1);
    expect(rig.types()).toEqual(['raised', 'davylamp.system.bypass-begun', 'shelved']);
    await rig.tick(NOON + 51 * MINUTE);
    await rig.tick(NOON + 52 * MINUTE);
    await rig.tick(NOON + 61 * MINUTE - 1);
    expect(rig.types().slice(3)).toEqual(['davylamp.system.bypass-expiring']);
    await rig.tick(NOON + 61 * MINUTE);
    expect(rig.types().slice(4)).toEqual(['davylamp.system.bypass-ended', 'unshelved', 'raised']);
    expect(rig.events.at(-2)).toMatchObject({
      details: { bypass: made.id, reason: 'valve work', until: NOON + 61 * MINUTE },
    });
    expect(rig.open()).toMatchObject({ state: 'unacknowledged', annunciatedAt: NOON + 61 * MINUTE, occurrences: 1 });
    expect(rig.register.getBypass(made.id)).toMatchObject({ state: 'over', end: 'expired', endedBy: null, hidden: 1 });
    expect(rig.register.listBypasses({ limit: 9 }).items).toEqual([]);
    expect(rig.register.listBypasses({ state: 'over', limit: 9 }).items).toMatchObject([{ id: made.id }]);
  });

  it('resumes after a restart at any moment: warning and end come once', async () => {
    await rig.change(NOON, 'yellow');
    await rig.register.shelve(rig.open().id, shelf(HOUR), NOON);
    await rig.restart();
    expect(rig.open()).toMatchObject({ state: 'shelved' });
    await rig.tick(NOON + 50 * MINUTE);
    await rig.restart();
    await rig.tick(NOON + 55 * MINUTE);
    await rig.restart();
    await rig.tick(NOON + 3 * HOUR);
    await rig.restart();
    await rig.tick(NOON + 4 * HOUR);
    expect(rig.types().filter((type) => /bypass|shelved|raised/.test(type))).toEqual([
      'raised',
      'davylamp.system.bypass-begun',
      'shelved',
      'davylamp.system.bypass-expiring',
      'davylamp.system.bypass-ended',
      'unshelved',
      'raised',
    ]);
  });

  it('tells nobody of what comes and goes under one, but logs and counts it', async () => {
    const made = await rig.register.bypass(outOfService, NOON);
    await rig.change(NOON + MINUTE, 'yellow');
    expect(rig.open()).toMatchObject({ state: 'outOfService', bypass: made.id, annunciatedAt: null });
    await rig.change(NOON + 2 * MINUTE, null);
    await rig.change(NOON + 3 * MINUTE, 'orange');
    expect(rig.types()).toEqual(['davylamp.system.bypass-begun', 'raised', 'cleared', 'raised']);
    // The clearing goes to whoever was told of the alarm, and that is nobody.
    expect(rig.sent.map(({ type, reach }) => `${type} ${reach}`)).toEqual([
      'davylamp.system.bypass-begun all',
      'davylamp.alarm.cleared told',
    ]);
    expect(rig.register.getBypass(made.id)).toMatchObject({ hidden: 2 });
    expect(rig.register.listCases({ limit: 9 }).items).toEqual([]);
    await rig.register.lift(made.id, wang, NOON + 4 * MINUTE);
    expect(rig.types().slice(4)).toEqual(['davylamp.system.bypass-ended', 'returnedToService', 'raised']);
    expect(rig.register.listCases({ limit: 9 }).items).toMatchObject([{ tier: 'orange', openedAt: NOON + 4 * MINUTE }]);
  });

  it('does not hide what becomes more urgent than it may', async () => {
    await rig.register.bypass(outOfService, NOON);
    await rig.change(NOON + MINUTE, 'yellow');
    await rig.change(NOON + 2 * MINUTE, 'red');
    expect(rig.types().slice(-2)).toEqual(['returnedToService', 'escalated']);
    expect(rig.open()).toMatchObject({ state: 'unacknowledged', tier: 'red', bypass: null });
  });

  it('does not take back what was more urgent before somebody has acknowledged it', async () => {
    await rig.change(NOON, 'yellow');
    await rig.register.shelve(rig.open().id, { ...LI_SHELF }, NOON + 1000);
    expect(rig.open()).toMatchObject({ state: 'shelved' });
    await rig.change(NOON + 2000, 'red');
    await rig.change(NOON + 3000, 'yellow');
    expect(rig.open()).toMatchObject({ state: 'unacknowledged', tier: 'yellow', annunciatedTier: 'red', bypass: null });
    expect(rig.types().at(-1)).toBe('deescalated');
    const asked = await rig.register.shelve(rig.open().id, { ...LI_SHELF }, NOON + 4000);
    expect(asked).toMatchObject({ state: 'requested', upTo: 'red' });
    await rig.register.acknowledge(rig.open().id, { by: 'Wang', comment: 'seen' }, NOON + 5000);
    expect(rig.types().slice(-2)).toEqual(['acknowledged', 'shelved']);
    expect(rig.open()).toMatchObject({ state: 'shelved', shown: 'acknowledged' });
  });

  it('of red waits for a second person, from whose word its time counts', async () => {
    await rig.change(NOON, 'red');
    const { id } = rig.open();
    const asked = await rig.register.shelve(id, shelf(20 * MINUTE), NOON);
    expect(asked).toMatchObject({ state: 'requested', from: null, until: NOON + 15 * MINUTE });
    expect(rig.sent.at(-1)).toMatchObject({ type: 'davylamp.system.bypass-requested', reach: 'all' });
    expect(rig.open().state).toBe('unacknowledged');
    await expect(rig.register.approve(asked.id, li, NOON + MINUTE)).rejects.toMatchObject({
      code: 'BYPASS_SAME_PERSON',
    });
    const made = await rig.register.approve(asked.id, wang, NOON + 2 * MINUTE);
    expect(made).toMatchObject({
      state: 'active',
      approvedBy: 'Wang',
      from: NOON + 2 * MINUTE,
      until: NOON + 22 * MINUTE,
    });
    expect(rig.open().state).toBe('shelved');
  });

  it('lapses when nobody agrees, and is refused by whoever lifts the request', async () => {
    await rig.change(NOON, 'red');
    const { id } = rig.open();
    const lapsing = await rig.register.shelve(id, shelf(MINUTE), NOON);
    const refused = await rig.register.shelve(id, shelf(MINUTE), NOON + 1);
    await rig.register.lift(refused.id, wang, NOON + 2);
    await rig.restart();
    await rig.tick(NOON + 15 * MINUTE);
    expect([lapsing.id, refused.id].map((one) => rig.register.getBypass(one)?.end)).toEqual(['notApproved', 'refused']);
    await expect(rig.register.approve(lapsing.id, wang, NOON + 16 * MINUTE)).rejects.toMatchObject({
      code: 'BYPASS_NOT_REQUESTED',
    });
    await expect(rig.register.lift(lapsing.id, wang, NOON)).rejects.toMatchObject({ code: 'BYPASS_OVER' });
    await expect(rig.register.lift('byp_no', wang, NOON)).rejects.toMatchObject({ code: 'BYPASS_UNKNOWN' });
  });

  it('of one shot ends with the condition; a timed one hides it when it comes back', async () => {
    await rig.change(NOON, 'yellow');
    await rig.register.shelve(rig.open().id, shelf(HOUR, true), NOON);
    await rig.change(NOON + MINUTE, null);
    expect(rig.types().slice(-3)).toEqual(['returned', 'davylamp.system.bypass-ended', 'unshelved']);
    expect(rig.open()).toMatchObject({ state: 'returned' });
    await rig.register.shelve(rig.open().id, shelf(HOUR), NOON + 2 * MINUTE);
    await rig.register.acknowledge(rig.open().id, li, NOON + 3 * MINUTE);
    expect([...rig.register.openAlarms()]).toEqual([]);
    await rig.change(NOON + 4 * MINUTE, 'yellow');
    expect(rig.open()).toMatchObject({ state: 'shelved' });
  });

  it('unshelves what shelves the alarm alone, and nothing else', async () => {
    await rig.change(NOON, 'yellow');
    const { id } = rig.open();
    await expect(rig.register.unshelve(id, li, NOON)).rejects.toMatchObject({ code: 'ALARM_NOT_SHELVED' });
    await rig.register.bypass(outOfService, NOON);
    await rig.register.shelve(id, shelf(HOUR), NOON);
    await rig.register.shelve(id, shelf(2 * HOUR), NOON + 1);
    expect(await rig.register.unshelve(id, wang, NOON + 2)).toMatchObject({ state: 'outOfService' });
    expect(rig.register.listBypasses({ limit: 9 }).items).toMatchObject([{ kind: 'outOfService' }]);
  });

  it('covers by site, device, profile, point and rule', async () => {
    const other = watchedDevice({ id: 'cab-009', limits: [buildLimit('H', 3)] });
    await rig.change(NOON, 'yellow');
    await rig.change(NOON, 'yellow', other);
    const hidden = async (scope: Partial<BypassScope>) => {
      const made = await rig.register.bypass({ ...outOfService, scope: { ...ofDevice, ...scope } }, NOON);
      const states = [rig.open().state, rig.open(other).state].map((state) => state === 'outOfService');
      await rig.register.lift(made.id, li, NOON);
      return [...states, made.hidden];
    };
    const point = RIG_DEVICE.points[0]?.id ?? '';
    expect(await hidden({})).toEqual([true, false, 1]);
    expect(await hidden({ device: null })).toEqual([true, true, 2]);
    expect(await hidden({ device: null, profile: RIG_DEVICE.profile.id })).toEqual([true, true, 2]);
    expect(await hidden({ device: null, profile: 'tank' })).toEqual([false, false, 0]);
    expect(await hidden({ point })).toEqual([true, false, 1]);
    expect(await hidden({ point: 'q' })).toEqual([false, false, 0]);
    expect(await hidden({ rule: 'leak' })).toEqual([false, false, 0]);
    expect(await hidden({ site: 'elsewhere', device: null })).toEqual([false, false, 0]);
  });

  it('of a window begins once, is ended by its owner, and expires when nobody does', async () => {
    const first = rig.register.bypasses.begin(window, NOON);
    expect(rig.register.bypasses.begin(window, NOON + MINUTE)).toMatchObject({ id: first.id });
    await rig.register.commit(null);
    await rig.restart();
    expect(rig.register.bypasses.begin(window, NOON + 2 * MINUTE)).toMatchObject({ id: first.id });
    rig.register.bypasses.endWhere(
      ({ origin }) => origin.kind === 'window' && origin.id === 'night',
      NOON + 3 * MINUTE,
    );
    expect(rig.register.getBypass(first.id)).toMatchObject({ end: 'windowOver', endedAt: NOON + 3 * MINUTE });
    const second = rig.register.bypasses.begin(window, NOON + HOUR);
    await rig.tick(NOON + 2 * HOUR);
    expect(rig.register.getBypass(second.id)).toMatchObject({ end: 'windowOver' });
    expect(rig.types().filter((type) => type.includes('expiring'))).toEqual([]);
  });

  it('of a plant state lasts until it is over', async () => {
    const rule = { ...window, origin: { kind: 'rule', id: 'empty' }, lengthMs: null } as const;
    const made = rig.register.bypasses.begin(rule, NOON);
    expect(made.until).toBeNull();
    await rig.tick(NOON + 1_000 * HOUR);
    expect(rig.register.getBypass(made.id)).toMatchObject({ state: 'active' });
    rig.register.bypasses.endWhere(({ origin }) => origin.kind === 'rule', NOON + 1_000 * HOUR);
    expect(rig.register.getBypass(made.id)).toMatchObject({ end: 'conditionOver' });
  });

  it('are forgotten with the retention once they are over', async () => {
    const over = await rig.register.bypass(outOfService, NOON);
    await rig.register.lift(over.id, li, NOON + 1);
    const active = await rig.register.bypass(outOfService, NOON + 2);
    await rig.register.prune(NOON + 100 * HOUR);
    expect([over, active].map(({ id }) => rig.register.getBypass(id)?.state)).toEqual([undefined, 'active']);
  });

  it('asks a second person to renew what one person has hidden for as long as they may', async () => {
    rig.settings.terms = buildTerms({ yellow: { bypass: { maxMs: HOUR, secondPerson: false } } });
    await rig.change(NOON, 'yellow');
    const { id } = rig.open();
    await rig.register.shelve(id, shelf(HOUR), NOON);
    const renewal = await rig.register.shelve(id, shelf(HOUR), NOON + 50 * MINUTE);
    expect(renewal.state).toBe('requested');
    expect(await rig.register.shelve(id, shelf(10 * MINUTE), NOON + 50 * MINUTE)).toMatchObject({ state: 'active' });
    expect(await rig.register.approve(renewal.id, wang, NOON + 55 * MINUTE)).toMatchObject({
      until: NOON + 115 * MINUTE,
    });
    await rig.tick(NOON + 60 * MINUTE);
    expect(rig.open()).toMatchObject({ state: 'shelved', bypass: renewal.id });
    await rig.tick(NOON + 115 * MINUTE);
    expect(rig.open()).toMatchObject({ state: 'unacknowledged' });
    // It was announced, so a person may decide anew.
    expect(await rig.register.shelve(id, shelf(HOUR), NOON + 115 * MINUTE)).toMatchObject({ state: 'active' });
  });
});
