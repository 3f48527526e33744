/**
 * `kill -9` while an alarm is hidden or its case waits: judged by what the receivers got, by the event log, and by the
 * book of bypasses.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../faults/waveform.ts';
import { isOf, KillSite, type KillSiteOptions, type Logged, nameOf, timeOf } from '../helpers/kill-site.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? 20_261_122);
const PROMISES = 'reportWithin: none, closeWithin: none, realarm: none';

let site: KillSite | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

async function open(options: Omit<KillSiteOptions, 'random'>): Promise<KillSite> {
  site = await KillSite.open({ ...options, random: seededRandom(SEED) });
  return site;
}

describe('kill -9 in the middle of', () => {
  test('a shelf, its warning, and a request that waits for the second person', { timeout: 120_000 }, async () => {
    const shelfMs = 6_000;
    // So long that a slow machine is up again before it lapses.
    const requestMs = 12_000;
    const here = await open({
      points: { alone: 'yellow', guarded: 'orange', lapsing: 'orange' },
      settings: `tiers: { yellow: { ${PROMISES} }, orange: { ${PROMISES}, bypass: { max: 1m, secondPerson: true } } }
governor: { warnBefore: 2s, request: ${requestMs}ms }`,
      routes: 'routes: [{ to: [duty] }]',
      receivers: ['duty'],
    });
    const raised = {
      alone: await here.raise('alone'),
      guarded: await here.raise('guarded'),
      lapsing: await here.raise('lapsing'),
    };
    const shelve = async ({ alarm }: Logged) => {
      const asked = { by: 'Li Wei', comment: 'sensor is being cleaned', duration: `${shelfMs}ms` };
      const { status, answer } = await here.post(`alarms/${alarm?.id}/shelve`, asked);
      expect(status).toBe(200);
      return answer as { id: string; state: string; until: string };
    };
    const [lapsing, guarded, alone] = [
      await shelve(raised.lapsing),
      await shelve(raised.guarded),
      await shelve(raised.alone),
    ];
    expect([lapsing.state, guarded.state, alone.state]).toEqual(['requested', 'requested', 'active']);

    // The request is as it was, and the rule of the second person too.
    await here.killBefore(Date.now() + 400);
    expect(await here.get(`bypasses/${guarded.id}`)).toMatchObject({ state: 'requested', until: guarded.until });
    expect((await here.get<{ state: string }>(`alarms/${raised.guarded.alarm?.id}`)).state).toBe('unacknowledged');
    const approve = (by: string) =>
      here.post(`bypasses/${guarded.id}/approve`, { by, comment: 'agreed, seen on site' });
    expect(await approve('Li Wei')).toMatchObject({ status: 409, answer: { code: 'BYPASS_SAME_PERSON' } });
    const agreed = (await approve('Wang Fang')).answer as { state: string; until: string };
    expect(agreed.state).toBe('active');

    const shelves = [
      { raised: raised.alone, id: alone.id, until: Date.parse(alone.until) },
      { raised: raised.guarded, id: guarded.id, until: Date.parse(agreed.until) },
    ];
    const ends = shelves.map(({ until: end }) => end);
    for (const due of [...ends.map((end) => end - 2_000), Date.parse(lapsing.until), ...ends].sort((a, b) => a - b)) {
      await here.killBefore(due);
    }
    const isEnd = (id: string) => (event: Logged) =>
      event.type === 'davylamp.system.bypass-ended' && event.details?.['bypass'] === id;
    for (const { id } of [...shelves, lapsing]) await here.logged(`the end of ${id}`, isEnd(id));

    const log = await here.log();
    const about = (id: string) =>
      log.filter(({ type, details }) => type.startsWith('davylamp.system.') && details?.['bypass'] === id);
    const steps = (id: string) => about(id).map(({ type }) => type.replace('davylamp.system.bypass-', ''));
    expect(steps(lapsing.id)).toEqual(['requested', 'ended']);
    expect(about(lapsing.id).at(-1)?.details?.['end']).toBe('notApproved');
    here.expectOnTime(timeOf(about(lapsing.id).at(-1) as Logged), Date.parse(lapsing.until));
    const isWarning = ({ type }: Logged) => type === 'davylamp.system.bypass-expiring';
    const struck: number[] = [];
    for (const { raised: begun, id, until: end } of shelves) {
      const ended = about(id).at(-1) as Logged;
      const warning = about(id).find(isWarning);
      const asked = id === guarded.id ? ['requested'] : [];
      // Nobody is warned of an end that has passed before the engine was up again.
      const tooLate = here.watchedFrom(end - 2_000) > end - 500;
      expect(steps(id)).toEqual([...asked, 'begun', ...(warning || !tooLate ? ['expiring'] : []), 'ended']);
      if (warning) here.expectOnTime(timeOf(warning), end - 2_000);
      expect(ended.details?.['end']).toBe('expired');
      here.expectOnTime(timeOf(ended), end);
      struck.push(here.killsWithin(end - shelfMs, timeOf(ended)));
      const own = await here.logOf(begun.alarm?.id ?? '');
      expect(own.map(nameOf)).toEqual(['raised', 'shelved', 'unshelved', 'raised']);
      expect(own.slice(2).map(timeOf)).toEqual([timeOf(ended), timeOf(ended)]);
      const heard = await here.heard('duty', begun.alarm?.id ?? '', own.length);
      expect(heard.map(({ id: each }) => each)).toEqual(own.map(({ id: each }) => each));
    }
    expect((await here.logOf(raised.lapsing.alarm?.id ?? '')).map(nameOf)).toEqual(['raised']);
    await here.delivered();
    const notices = here
      .receiver('duty')
      .accepted()
      .filter(({ event }) => event.type.startsWith('davylamp.system.bypass-'));
    // Who has heard that somebody asks hears how it goes on; of the other one its alarm tells.
    const told = [...about(guarded.id), ...about(lapsing.id), ...about(alone.id).filter(isWarning)];
    expect(notices.map(({ id }) => id).sort()).toEqual(told.map(({ id }) => id).sort());
    console.log(`shelf: ${JSON.stringify({ seed: SEED, kills: here.outages.length, struck })}`);
    expect(Math.min(...struck)).toBeGreaterThanOrEqual(1);
    expect(here.outages.length).toBeGreaterThanOrEqual(2);
    expect(await here.faults()).toEqual([]);
  });

  test('the promises of a case', { timeout: 120_000 }, async () => {
    const promised = { report: 2_500, close: 5_000 };
    const rounds = ['first', 'second', 'third'];
    const here = await open({
      points: Object.fromEntries(rounds.map((point) => [point, 'orange'])),
      settings: `tiers: { orange: { reportWithin: ${promised.report}ms, closeWithin: ${promised.close}ms } }`,
      routes: 'routes: [{ to: [duty] }]',
      receivers: ['duty'],
    });
    let kills = 0;
    for (const point of rounds) {
      // A slow machine, on which fewer fit into one case, gets more of them.
      if (kills >= 3) break;
      const raised = await here.raise(point);
      const id = raised.alarm?.id ?? '';
      const of = (name: string) => (event: Logged) => event.alarm?.id === id && isOf(event, name);
      // The end of the alarm does not end its case.
      expect((await here.post(`alarms/${id}/acknowledge`, { by: 'Li Wei', comment: 'seen' })).status).toBe(200);
      await here.publish({ [point]: 1 });
      await here.logged('the end of the alarm', of('cleared'));
      for (const after of Object.values(promised)) await here.killBefore(timeOf(raised) + after);
      await here.logged('supervision', of('supervised'));
      const log = await here.logOf(id);
      // On a slow machine the first promise may be broken before the alarm is over.
      expect(log.map(nameOf).filter((name) => name !== 'acknowledged' && name !== 'cleared')).toEqual([
        'raised',
        'overdue',
        'overdue',
        'supervised',
      ]);
      const [report, close] = log.filter(of('overdue')) as [Logged, Logged];
      expect([report, close].map(({ details }) => details?.['promise'])).toEqual(['report', 'close']);
      here.expectOnTime(timeOf(report), timeOf(raised) + promised.report);
      here.expectOnTime(timeOf(close), timeOf(raised) + promised.close);
      kills += here.killsWithin(timeOf(raised), timeOf(close));
      expect(await here.get(`alarms/${id}/case`)).toMatchObject({ overdue: ['report', 'close'], supervised: true });
      const heard = await here.heard('duty', id, log.length);
      expect(heard.map((request) => request.id)).toEqual(log.map((event) => event.id));
    }
    console.log(`case: ${JSON.stringify({ seed: SEED, kills })}`);
    expect(kills).toBeGreaterThanOrEqual(3);
    expect(await here.faults()).toEqual([]);
  });
});
