import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaseAction } from '../../../src/model/case.ts';
import { NOON } from '../../helpers/readings.ts';
import { openRegisterRig, type RegisterRig } from '../../helpers/register-rig.ts';
import { buildTerms } from '../../helpers/terms.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const li = { by: 'Li', comment: 'on site' };
const plan = [
  { afterMs: 5 * MINUTE, to: ['enterprise'], level: 'enterprise' },
  { afterMs: 10 * MINUTE, to: ['county'], level: 'county' },
];

let rig: RegisterRig;
beforeEach(() => {
  rig = openRegisterRig();
  rig.settings.escalationOf = () => plan;
});
afterEach(() => rig.close());

const overdue = () =>
  rig.events.flatMap((event) =>
    'details' in event && event.details && 'promise' in event.details ? [event.details] : [],
  );

describe('follow-ups of an alarm', () => {
  it('escalate step by step until somebody acknowledges', async () => {
    await rig.change(NOON, 'yellow');
    await rig.tick(NOON + 5 * MINUTE - 1);
    expect(overdue()).toEqual([]);
    await rig.tick(NOON + 5 * MINUTE);
    await rig.tick(NOON + 6 * MINUTE);
    expect(overdue()).toEqual([{ promise: 'acknowledge', step: 1, level: 'enterprise', to: ['enterprise'] }]);
    expect(rig.open()).toMatchObject({ escalations: 1, escalatedMs: 5 * MINUTE });
    await rig.register.acknowledge(rig.open().id, li, NOON + 7 * MINUTE);
    await rig.tick(NOON + 5 * HOUR);
    expect(rig.types().filter((type) => type === 'overdue')).toHaveLength(2);
    expect(overdue().at(-1)).toEqual({ promise: 'report', step: null, level: null, to: [] });
  });

  it('stop while it is hidden, and begin anew when it is announced again', async () => {
    await rig.change(NOON, 'yellow');
    await rig.tick(NOON + 6 * MINUTE);
    const shelf = await rig.register.shelve(
      rig.open().id,
      { ...li, lengthMs: HOUR, oneShot: false },
      NOON + 7 * MINUTE,
    );
    await rig.tick(NOON + 30 * MINUTE);
    expect(overdue()).toHaveLength(1);
    await rig.register.lift(shelf.id, li, NOON + 31 * MINUTE);
    await rig.tick(NOON + 36 * MINUTE);
    expect(overdue()).toMatchObject([{ step: 1 }, { step: 1 }]);
  });

  it('say once that nobody has acknowledged where there is no escalation', async () => {
    rig.settings.escalationOf = () => [];
    await rig.change(NOON, 'yellow');
    await rig.tick(NOON + 15 * MINUTE);
    await rig.tick(NOON + 30 * MINUTE);
    expect(overdue()).toEqual([{ promise: 'acknowledge', step: null, level: null, to: [] }]);
    rig.settings.escalationOf = () => plan;
    rig.register.reconfigured();
    await rig.tick(NOON + 31 * MINUTE);
    expect(overdue().slice(1)).toMatchObject([{ step: 1 }, { step: 2 }]);
  });

  it('repeat red until somebody acknowledges, then show it again while it holds', async () => {
    rig.settings.escalationOf = () => [];
    await rig.change(NOON, 'red');
    for (let minute = 1; minute <= 12; minute++) await rig.tick(NOON + minute * MINUTE);
    expect(rig.types()).toEqual(['raised', 'overdue', 'repeated', 'repeated']);
    await rig.register.acknowledge(rig.open().id, li, NOON + 13 * MINUTE);
    await rig.tick(NOON + 42 * MINUTE);
    expect(rig.types().slice(4)).toEqual(['acknowledged', 'overdue']);
    await rig.tick(NOON + 43 * MINUTE);
    expect(rig.types().at(-1)).toBe('realarmed');
    expect(rig.open()).toMatchObject({
      state: 'unacknowledged',
      annunciatedAt: NOON + 43 * MINUTE,
      acknowledgedBy: null,
    });
  });

  it('do in order what was missed, a repeat once', async () => {
    await rig.change(NOON, 'red');
    await rig.restart();
    await rig.tick(NOON + 29 * MINUTE);
    expect(rig.types()).toEqual(['raised', 'overdue', 'repeated', 'overdue']);
  });

  it('come once each, wherever the process was killed', async () => {
    const times = [4, 5, 6, 9, 10, 11, 15, 29, 30, 31];
    const undisturbed = await typesOf(times, []);
    expect(undisturbed.split(' ').filter((type) => type === 'overdue')).toHaveLength(3);
    await fc.assert(
      fc.asyncProperty(fc.subarray(times), async (restarts) => {
        expect(await typesOf(times, restarts)).toBe(undisturbed);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the case of an alarm', () => {
  it('is opened when people are told, and its promises are told once each, also after the end of the alarm', async () => {
    await rig.change(NOON, 'orange');
    const { id } = rig.open();
    await rig.register.acknowledge(id, li, NOON + MINUTE);
    await rig.change(NOON + 2 * MINUTE, null);
    expect(rig.register.get(id)).toMatchObject({ state: 'normal', case: 'open' });
    await rig.restart();
    await rig.tick(NOON + 2 * HOUR);
    await rig.restart();
    await rig.tick(NOON + 24 * HOUR);
    await rig.restart();
    await rig.tick(NOON + 90 * HOUR);
    expect(overdue().map(({ promise }) => promise)).toEqual(['report', 'close']);
    expect(rig.types().slice(-2)).toEqual(['overdue', 'supervised']);
    expect(rig.register.caseOf(id)).toMatchObject({ overdue: ['report', 'close'], supervised: true, tier: 'orange' });
    expect(rig.register.get(id)).toMatchObject({ state: 'normal', supervised: true });
    expect(rig.register.listCases({ overdue: true, supervised: true, limit: 9 }).items).toHaveLength(1);
    expect(rig.register.listCases({ overdue: false, limit: 9 }).items).toEqual([]);
  });

  it('that was closed begins anew, with its promises, when the alarm comes again before it has ended', async () => {
    await rig.change(NOON, 'yellow');
    const { id } = rig.open();
    await rig.change(NOON + MINUTE, null);
    const step = (action: CaseAction, at: number) =>
      rig.register.actOnCase(id, { by: 'Zhao', comment: null, evidence: [], action }, at);
    await step({ kind: 'verify', result: 'false', method: null }, NOON + 2 * MINUTE);
    await step({ kind: 'close', cause: 'steam', tuning: true }, NOON + 3 * MINUTE);
    expect(rig.open()).toMatchObject({ state: 'returned', case: 'closed' });
    await rig.change(NOON + 3 * HOUR, 'red');
    expect(rig.open()).toMatchObject({ id, state: 'unacknowledged', tier: 'red', case: 'open' });
    expect(rig.types().slice(-2)).toEqual(['raised', 'reopened']);
    expect(rig.register.caseOf(id)).toMatchObject({
      state: 'open',
      verification: null,
      openedAt: NOON + 3 * HOUR,
      tier: 'red',
      overdue: [],
      reportedAt: null,
      closedAt: null,
    });
    await rig.restart();
    await rig.change(NOON + 4 * HOUR, 'red');
    expect(rig.types().filter((type) => type === 'reopened')).toHaveLength(1);
  });

  it('has the tier that the alarm had at worst', async () => {
    await rig.change(NOON, 'yellow');
    await rig.change(NOON + MINUTE, 'red');
    await rig.change(NOON + 2 * MINUTE, 'blue');
    expect(rig.register.caseOf(rig.open().id).tier).toBe('red');
  });

  it('goes its way to the end, each step with an event', async () => {
    await rig.change(NOON, 'orange');
    const { id } = rig.open();
    const said = { comment: 'seen', evidence: ['https://files.example/1.jpg'] };
    const steps = [
      { by: 'Li', action: { kind: 'verify', result: 'real', method: 'on site' } },
      { by: 'Chen', action: { kind: 'dispose', measures: 'inlet valve closed' } },
      { by: 'Chen', action: { kind: 'report', to: null } },
      { by: 'Wang', action: { kind: 'review', accepted: true } },
    ] as const;
    for (const step of steps) await rig.register.actOnCase(id, { ...said, ...step }, NOON + MINUTE);
    const close = { kind: 'close', cause: 'spring', tuning: true } as const;
    const closing = (by: string) => rig.register.actOnCase(id, { ...said, by, action: close }, NOON + 3 * MINUTE);
    await expect(closing('Wang')).rejects.toMatchObject({ code: 'CASE_ALARM_ACTIVE' });
    await rig.change(NOON + 2 * MINUTE, null);
    await expect(closing('chen')).rejects.toMatchObject({ code: 'CASE_CLOSER_DISPOSED' });
    await closing('Wang');
    expect(rig.types().slice(1)).toEqual(['verified', 'disposed', 'reported', 'reviewed', 'returned', 'closed']);
    expect(rig.events.at(-1)).toMatchObject({
      by: 'Wang',
      details: { case: { action: close, evidence: said.evidence } },
      alarm: { case: 'closed', state: 'returned' },
    });
    await rig.restart();
    expect(rig.register.caseOf(id).entries).toHaveLength(5);
    expect(rig.register.listCases({ limit: 9 }).items).toEqual([]);
    expect(rig.register.listCases({ state: 'closed', limit: 9 }).items).toMatchObject([{ alarm: id }]);
  });

  it('that people have begun outlives the retention until it is closed', async () => {
    await rig.change(NOON, 'yellow');
    const { id } = rig.open();
    const step = { ...li, evidence: [] };
    await rig.register.actOnCase(id, { ...step, action: { kind: 'verify', result: 'false', method: null } }, NOON);
    await rig.register.acknowledge(id, li, NOON);
    await rig.change(NOON + MINUTE, null);
    await rig.register.prune(NOON + 1_000 * HOUR);
    expect(rig.register.get(id)).not.toBeNull();
    await rig.register.actOnCase(id, { ...step, action: { kind: 'close', cause: 'sun', tuning: true } }, NOON + HOUR);
    await rig.register.prune(NOON + 1_000 * HOUR);
    expect(rig.register.get(id)).toBeNull();
    expect(rig.register.listCases({ state: 'closed', limit: 9 }).items).toEqual([]);
  });

  it('of a drill has no promises, unless somebody begins it', async () => {
    await rig.change(NOON, 'yellow', undefined, 'exercise');
    await rig.tick(NOON + 90 * HOUR);
    expect(overdue().map(({ promise }) => promise)).toEqual(['acknowledge', 'acknowledge']);
    const { id } = rig.open();
    expect(rig.register.caseOf(id)).toMatchObject({ state: 'open', overdue: [] });
    await rig.register.actOnCase(id, { ...li, evidence: [], action: { kind: 'comment' } }, NOON + 90 * HOUR);
    expect(rig.register.listCases({ limit: 9 }).items).toHaveLength(1);
  });
});

/** What is logged of a red alarm that nobody acknowledges; the process is killed in the minutes of `restarts`. */
async function typesOf(minutes: readonly number[], restarts: readonly number[]): Promise<string> {
  const run = openRegisterRig();
  run.settings.escalationOf = () => plan;
  run.settings.terms = buildTerms({ red: { reportWithinMs: 30 * MINUTE } });
  try {
    await run.change(NOON, 'red');
    for (const minute of minutes) {
      const isKilled = restarts.includes(minute);
      // Once before its commit, and once after it.
      if (isKilled) run.register.tick(NOON + minute * MINUTE);
      if (isKilled) await run.restart();
      await run.tick(NOON + minute * MINUTE);
      if (isKilled) await run.restart();
      await run.tick(NOON + minute * MINUTE);
    }
    return run.types().join(' ');
  } finally {
    await run.close();
  }
}
