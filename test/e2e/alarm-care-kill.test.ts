/**
 * `kill -9` in the middle of whatever an alarm may wait for. Everything is judged by what the receivers got and by the
 * event log: each wait goes on where it was, no step comes twice, none is lost.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../faults/condition.ts';
import { seededRandom } from '../faults/waveform.ts';
import { isOf, KillSite, type KillSiteOptions, type Logged, nameOf, timeOf } from '../helpers/kill-site.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? 20_261_122);
const PROMISES = 'reportWithin: none, closeWithin: none, realarm: none';
const PATIENCE_MS = 30_000;

let site: KillSite | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

async function open(options: Omit<KillSiteOptions, 'random'>): Promise<KillSite> {
  site = await KillSite.open({ ...options, random: seededRandom(SEED) });
  return site;
}

/** So many kills have to strike an escalation; a slow machine, on which fewer fit into one, gets more of them. */
const KILLS = 4;
const ROUNDS = ['first', 'second', 'third', 'fourth'];
const ESCALATION = [
  { after: 2_000, level: 'enterprise', to: 'shift' },
  { after: 4_000, level: 'town', to: 'chief' },
  { after: 6_000, level: 'city', to: 'city' },
];
const STEPS = ESCALATION.map(({ after, to, level }) => `{ after: ${after}ms, to: [${to}], level: ${level} }`);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function isStep(event: Logged, step: number): boolean {
  return isOf(event, 'overdue') && event.details?.['step'] === step;
}

/** Every receiver has all of the alarm from the step on that told it, in the order of the log, each once. */
async function expectHeard(where: KillSite, log: readonly Logged[]): Promise<void> {
  for (const [index, receiver] of ['duty', ...ESCALATION.map(({ to }) => to)].entries()) {
    const from = index === 0 ? 0 : log.findIndex((event) => isStep(event, index));
    const expected = from < 0 ? [] : log.slice(from).map(({ id }) => id);
    const heard = await where.heard(receiver, log[0]?.alarm?.id ?? '', expected.length);
    expect(
      heard.map(({ id }) => id),
      receiver,
    ).toEqual(expected);
  }
}

describe('kill -9 in the middle of', () => {
  test('an escalation and the repeats of red', { timeout: 120_000 }, async () => {
    const repeatMs = 3_000;
    const here = await open({
      points: Object.fromEntries(['answered', ...ROUNDS].map((point) => [point, 'red'])),
      settings: `tiers: { red: { ${PROMISES}, repeat: ${repeatMs}ms } }`,
      routes: `routes: [{ to: [duty], escalate: [${STEPS.join(', ')}] }]`,
      receivers: ['duty', ...ESCALATION.map(({ to }) => to)],
    });
    const answered = await here.raise('answered');
    await here.killBefore(timeOf(answered) + 2_000);
    await here.logged('step 1', (event) => event.alarm?.id === answered.alarm?.id && isStep(event, 1));
    const command = { by: 'Li Wei', comment: 'on my way' };
    expect((await here.post(`alarms/${answered.alarm?.id}/acknowledge`, command)).status).toBe(200);

    const all: Logged[] = [];
    const kills: number[] = [];
    for (const point of ROUNDS) {
      if (all.length >= 2 && sum(kills) >= KILLS) break;
      const raised = await here.raise(point);
      for (const { after } of ESCALATION) await here.killBefore(timeOf(raised) + after);
      const end = await here.logged('the end', (event) => event.alarm?.id === raised.alarm?.id && isStep(event, 3));
      all.push(raised);
      kills.push(here.killsWithin(timeOf(raised), timeOf(end)));
    }
    console.log(`escalation: ${JSON.stringify({ seed: SEED, kills: here.outages.length, within: kills })}`);
    expect(sum(kills)).toBeGreaterThanOrEqual(KILLS);

    for (const { alarm } of all) {
      await here.post(`alarms/${alarm?.id}/acknowledge`, command);
      const log = await here.logOf(alarm?.id ?? '');
      expect(log.map((event) => event.alarm?.revision)).toEqual(log.map((_, index) => index + 1));
      expect(log.filter((event) => !isOf(event, 'repeated')).map(nameOf)).toEqual([
        'raised',
        'overdue',
        'overdue',
        'overdue',
        'acknowledged',
      ]);
      const steps = log.filter((event) => isOf(event, 'overdue'));
      expect(steps.map(({ details }) => details)).toEqual(
        ESCALATION.map(({ to, level }, index) => ({ promise: 'acknowledge', step: index + 1, level, to: [to] })),
      );
      const since = timeOf(log[0] as Logged);
      steps.forEach((step, index) => {
        here.expectOnTime(timeOf(step), since + (ESCALATION[index]?.after ?? 0));
      });
      let before = since;
      for (const repeat of log.filter((event) => isOf(event, 'repeated'))) {
        here.expectOnTime(timeOf(repeat), before + repeatMs);
        before = timeOf(repeat);
      }
      expect(before).toBeGreaterThan(since);
      await expectHeard(here, log);
    }
    const stopped = await here.logOf(answered.alarm?.id ?? '');
    // On a slow machine more than the first step may have come before somebody answered.
    const steps = stopped.filter((event) => isOf(event, 'overdue')).map(({ details }) => details?.['step']);
    expect(steps).toEqual([1, 2, 3].slice(0, steps.length));
    expect(nameOf(stopped.at(-1) as Logged)).toBe('acknowledged');
    await expectHeard(here, stopped);
    expect(await here.faults()).toEqual([]);
  });

  test('a group wait', { timeout: 120_000 }, async () => {
    const waitMs = 3_000;
    const rounds = ['a', 'b', 'c'];
    const here = await open({
      points: Object.fromEntries(rounds.flatMap((round) => [`${round}1`, `${round}2`].map((id) => [id, 'yellow']))),
      settings: `tiers: { yellow: { ${PROMISES}, repeat: none } }`,
      routes: `routes: [{ to: [duty], groupBy: [site], groupWait: ${waitMs}ms, groupInterval: 1s }]`,
      receivers: ['duty'],
    });
    const duty = here.receiver('duty');
    const struck: number[] = [];
    for (const [index, round] of rounds.entries()) {
      const raised = await here.raise(`${round}1`);
      await here.publish({ [`${round}2`]: 5 });
      await here.logged('the other one', (event) => event.alarm?.point === `${round}2`);
      await here.killBefore(timeOf(raised) + waitMs);
      await duty.waitFor(() => duty.accepted().length > index, PATIENCE_MS);
      const toldAt = Date.parse(duty.accepted()[index]?.event.time ?? '');
      struck.push(here.killsWithin(timeOf(raised), toldAt));
      here.expectOnTime(toldAt, timeOf(raised) + waitMs);
    }
    console.log(`group wait: ${JSON.stringify({ seed: SEED, kills: here.outages.length, struck })}`);
    expect(Math.min(...struck)).toBeGreaterThanOrEqual(1);
    await here.delivered();
    const log = await here.log();
    const digests = duty.accepted().map(({ event, body }) => ({ type: event.type, ...JSON.parse(body).data.digest }));
    expect(digests).toMatchObject(
      rounds.map((_, index) => ({
        type: 'davylamp.digest',
        reasons: ['group'],
        events: 2,
        omitted: 0,
        log: { from: 2 * index + 1, to: 2 * index + 2 },
      })),
    );
    expect(log.map(nameOf)).toEqual(rounds.flatMap(() => ['raised', 'raised']));
    expect(await here.faults()).toEqual([]);
  });

  test('the retries to a receiver that answers 500', { timeout: 120_000 }, async () => {
    const refusals = 3;
    const here = await open({
      points: { pressure: 'red' },
      settings: `tiers: { red: { ${PROMISES}, repeat: none } }`,
      routes: 'routes: [{ to: [duty] }]',
      receivers: ['duty'],
    });
    const duty = here.receiver('duty');
    const attempts = (id: string) => duty.requests.filter((request) => request.id === id).length;
    duty.behave(({ id }) => ({ kind: 'answer', status: attempts(id) < refusals ? 500 : 200 }));
    const raised = await here.raise('pressure');
    await here.publish({ pressure: 1 });
    const returned = await here.logged('the end', (event) => isOf(event, 'returned'));
    let inWait = 0;
    for (const { id } of [raised, returned]) {
      const delivery = async () =>
        (await here.get<{ items: { eventId: string; attempts: number; state: string }[] }>('deliveries')).items.find(
          ({ eventId }) => eventId === id,
        );
      for (let tried = 1; tried <= refusals; tried++) {
        await until('the attempt is on disk', PATIENCE_MS, async () => ((await delivery())?.attempts ?? 0) >= tried);
        const before = await delivery();
        if (before?.state !== 'pending') break;
        inWait++;
        // Shorter than what any retry waits for.
        await here.killBefore(Date.now() + 800);
        expect((await delivery())?.attempts).toBeGreaterThanOrEqual(before.attempts);
      }
      await until('it is delivered', PATIENCE_MS, async () => (await delivery())?.state === 'delivered');
      expect(attempts(id)).toBeGreaterThan(refusals);
      // A kill may take the count of the attempt that was under way with it, and no more.
      expect((await delivery())?.attempts).toBeGreaterThanOrEqual(attempts(id) - here.outages.length);
    }
    console.log(`retry: ${JSON.stringify({ seed: SEED, kills: here.outages.length, inWait })}`);
    expect(inWait).toBeGreaterThanOrEqual(3);
    expect(duty.accepted().map(({ id }) => id)).toEqual([raised.id, returned.id]);
    expect(await here.faults()).toEqual([]);
  });
});

describe('kill -9 at the very step of an escalation', () => {
  test('before its commit, after it, and after the answer of its receiver', { timeout: 120_000 }, async () => {
    const here = await open({
      points: { before: 'red', after: 'red', answered: 'red' },
      settings: `tiers: { red: { ${PROMISES}, repeat: none } }`,
      routes: 'routes: [{ to: [duty], escalate: [{ after: 3s, to: [shift], level: enterprise }] }]',
      receivers: ['duty', 'shift'],
    });
    /** The step is the first thing that happens in the life that is to die. */
    const crashAt = async (point: string, faultPoint: string) => {
      const raised = await here.raise(point);
      await here.delivered();
      const diedAt = await here.dieAt(faultPoint);
      const step = await here.logged('the step', (event) => event.alarm?.id === raised.alarm?.id && isStep(event, 1));
      await here.delivered();
      const requests = ['duty', 'shift'].map((id) =>
        here.receiver(id).requests.filter((request) => request.id === step.id),
      );
      const log = await here.logOf(raised.alarm?.id ?? '');
      expect(log.map(nameOf)).toEqual(['raised', 'overdue']);
      here.expectOnTime(timeOf(step), timeOf(raised) + 3_000);
      return { diedAt, stepAt: timeOf(step), toldAt: requests.map(([first]) => first?.at ?? 0), requests };
    };

    const before = await crashAt('before', 'alarm-before-commit');
    expect(before.stepAt, 'nothing of the step was on disk').toBeGreaterThan(before.diedAt);

    const after = await crashAt('after', 'alarm-after-commit');
    expect(after.stepAt, 'the step was on disk').toBeLessThan(after.diedAt);
    expect(Math.min(...after.toldAt), 'and nobody was told of it').toBeGreaterThan(after.diedAt);

    const answered = await crashAt('answered', 'delivery-after-response');
    expect(Math.min(...answered.toldAt), 'somebody was told of it').toBeLessThan(answered.diedAt);
    const times = answered.requests.map(({ length }) => length);
    expect(Math.max(...times), 'and was told again').toBeGreaterThan(1);

    expect(
      here
        .receiver('duty')
        .accepted()
        .map(({ event }) => event.type.replace('davylamp.alarm.', '')),
    ).toEqual(['raised', 'overdue', 'raised', 'overdue', 'raised', 'overdue']);
    expect(
      here
        .receiver('shift')
        .accepted()
        .map(({ event }) => event.type),
    ).toEqual(Array.from({ length: 3 }, () => 'davylamp.alarm.overdue'));
    expect(await here.faults()).toEqual([]);
  });
});
