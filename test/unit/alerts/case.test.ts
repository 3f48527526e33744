import { describe, expect, it } from 'vitest';
import { act, miss, openCase } from '../../../src/alerts/case.ts';
import { CASE_STATES, type Case, type CaseAction, type CaseState } from '../../../src/model/case.ts';
import { buildAlarm } from '../../helpers/alarm.ts';

const AT = 1_795_299_600_000;

const ACTIONS: Readonly<Record<string, CaseAction>> = {
  real: { kind: 'verify', result: 'real', method: 'on site' },
  false: { kind: 'verify', result: 'false', method: 'video' },
  dispose: { kind: 'dispose', measures: 'inlet valve closed' },
  report: { kind: 'report', to: 'county gas office' },
  accept: { kind: 'review', accepted: true },
  reject: { kind: 'review', accepted: false },
  supervise: { kind: 'supervise', on: true },
  comment: { kind: 'comment' },
  close: { kind: 'close', cause: 'regulator spring', tuning: false },
  reopen: { kind: 'reopen' },
};

/** Cases by state and by what was found; who disposed is Chen. */
const CASES: Readonly<Record<string, Partial<Case>>> = {
  open: { state: 'open' },
  'verifying real': { state: 'verifying', verification: 'real' },
  'verifying false': { state: 'verifying', verification: 'false' },
  disposing: { state: 'disposing', verification: 'real', disposedBy: ['Chen'] },
  reported: { state: 'reported', verification: 'real', disposedBy: ['Chen'], reportedAt: AT - 1 },
  'reported false': { state: 'reported', verification: 'false', reportedAt: AT - 1 },
  closed: { state: 'closed', verification: 'real', disposedBy: ['Chen'], closedAt: AT - 1 },
};

// What Wang's action makes of the case; `!` and the code without CASE_ where it is refused.
const TABLE = `
                | real            | false           | dispose        | report          | accept          | reject          | supervise       | comment         | close           | reopen
open            | verifying       | verifying       | ! NOT_VERIFIED | ! NOT_VERIFIED  | ! NOT_REPORTED  | ! NOT_REPORTED  | open            | open            | ! NOT_VERIFIED  | ! NOT_CLOSED
verifying real  | verifying       | verifying       | disposing      | ! NOT_DISPOSED  | ! NOT_REPORTED  | ! NOT_REPORTED  | verifying       | verifying       | ! NOT_DISPOSED  | ! NOT_CLOSED
verifying false | verifying       | verifying       | disposing      | reported        | ! NOT_REPORTED  | ! NOT_REPORTED  | verifying       | verifying       | closed          | ! NOT_CLOSED
disposing       | verifying       | verifying       | disposing      | reported        | ! NOT_REPORTED  | ! NOT_REPORTED  | disposing       | disposing       | ! NOT_REPORTED  | ! NOT_CLOSED
reported        | ! REPORTED      | ! REPORTED      | disposing      | reported        | reported        | disposing       | reported        | reported        | closed          | ! NOT_CLOSED
reported false  | ! REPORTED      | ! REPORTED      | disposing      | reported        | reported        | verifying       | reported        | reported        | closed          | ! NOT_CLOSED
closed          | ! CLOSED        | ! CLOSED        | ! CLOSED       | ! CLOSED        | ! CLOSED        | ! CLOSED        | ! CLOSED        | closed          | ! CLOSED        | open
`;

const [head = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const names = head.slice(1);
const cells = rows.flatMap(([state = '', ...row]) =>
  row.map((expected, i) => [state, names[i] ?? '', expected] as const),
);

const buildCase = (parts: Partial<Case> = {}): Case => ({
  ...openCase(buildAlarm({ tier: 'orange' }), AT - 1000),
  ...parts,
});
const entry = (action: CaseAction, parts: { by?: string; evidence?: readonly string[] } = {}) => ({
  at: AT,
  by: 'Wang',
  action,
  comment: 'seen',
  evidence: [],
  ...parts,
});
const close = ACTIONS['close'] as CaseAction;

describe('case', () => {
  it.each(cells)('%s, %s: %s', (state, name, expected) => {
    const outcome = act(buildCase(CASES[state]), entry(ACTIONS[name] as CaseAction), false);
    const told = outcome.kind === 'refused' ? `! ${outcome.code.replace('CASE_', '')}` : outcome.case.state;
    expect(told).toBe(expected);
    if (outcome.kind === 'step') expect(outcome.case.entries).toEqual([entry(ACTIONS[name] as CaseAction)]);
  });

  it('covers every state with every action', () => {
    expect(new Set(cells.map(([state, name]) => `${state} ${name}`)).size).toBe(
      Object.keys(CASES).length * Object.keys(ACTIONS).length,
    );
    const states = new Set<CaseState | undefined>(Object.values(CASES).map(({ state }) => state));
    expect(states).toEqual(new Set(CASE_STATES));
    const kinds: Record<CaseAction['kind'], true> = {
      verify: true,
      dispose: true,
      report: true,
      review: true,
      supervise: true,
      comment: true,
      close: true,
      reopen: true,
    };
    expect(new Set(Object.values(ACTIONS).map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)));
  });

  it('is not closed while the condition holds', () => {
    expect(act(buildCase(CASES['reported']), entry(close), true)).toEqual({
      kind: 'refused',
      code: 'CASE_ALARM_ACTIVE',
    });
  });

  it.each([
    ['red', 'Chen', 'CASE_CLOSER_DISPOSED'],
    ['orange', '　ＣＨＥＮ ', 'CASE_CLOSER_DISPOSED'],
    ['orange', 'Wang', 'closed'],
    ['yellow', 'Chen', 'closed'],
    ['blue', 'Chen', 'closed'],
  ] as const)('of tier %s, disposed of by Chen and closed by %s: %s', (tier, by, expected) => {
    const outcome = act(buildCase({ ...CASES['reported'], tier }), entry(close, { by }), false);
    expect(outcome.kind === 'refused' ? outcome.code : outcome.case.state).toBe(expected);
  });

  it('remembers who disposed when it is verified anew, and after it was reopened', () => {
    const again = step(step(buildCase(CASES['disposing']), 'false'), 'report');
    expect(act(again, entry(close, { by: 'Chen' }), false)).toMatchObject({ code: 'CASE_CLOSER_DISPOSED' });
    expect(step(buildCase(CASES['closed']), 'reopen')).toMatchObject({
      state: 'open',
      verification: null,
      closedAt: null,
      disposedBy: ['Chen'],
    });
  });

  it('keeps the time of its first report, and names each who disposed once', () => {
    const disposed = step(buildCase(CASES['reported']), 'dispose');
    expect(disposed.disposedBy).toEqual(['Chen', 'Wang']);
    expect(step(step(disposed, 'dispose'), 'report')).toMatchObject({
      disposedBy: ['Chen', 'Wang'],
      reportedAt: AT - 1,
    });
  });

  it('keeps the last thousand entries', () => {
    let found = buildCase();
    for (let i = 0; i < 1_005; i++) found = step(found, i === 1_004 ? 'real' : 'comment');
    expect(found.entries).toHaveLength(1_000);
    expect(found.entries.at(-1)?.action.kind).toBe('verify');
  });

  it.each([
    ['https://files.example/1.jpg', true],
    ['http://files.example/1.jpg', false],
    ['javascript:alert(1)', false],
    ['https://', false],
    ['https://a b.example/', false],
    [`https://files.example/${'x'.repeat(2_048)}`, false],
  ])('evidence %s: %s', (link, fits) => {
    const outcome = act(buildCase(), entry({ kind: 'comment' }, { evidence: [link] }), false);
    expect(outcome.kind).toBe(fits ? 'step' : 'refused');
  });

  it('takes no more than twenty links', () => {
    const evidence = Array.from({ length: 21 }, (_, i) => `https://files.example/${i}`);
    const comment = (links: string[]) => act(buildCase(), entry({ kind: 'comment' }, { evidence: links }), false).kind;
    expect([comment(evidence.slice(1)), comment(evidence)]).toEqual(['step', 'refused']);
  });

  it('is marked once, and unmarked, and notes broken promises', () => {
    const supervised = step(buildCase(), 'supervise');
    expect(act(supervised, entry({ kind: 'supervise', on: true }), false)).toMatchObject({
      code: 'CASE_SUPERVISION_UNCHANGED',
    });
    expect(act(supervised, entry({ kind: 'supervise', on: false }), false)).toMatchObject({
      case: { supervised: false },
    });
    expect(miss(miss(supervised, 'report'), 'close').overdue).toEqual(['report', 'close']);
  });
});

function step(found: Case, name: string): Case {
  const outcome = act(found, entry(ACTIONS[name] as CaseAction), false);
  if (outcome.kind === 'refused') throw new Error(outcome.code);
  return outcome.case;
}
