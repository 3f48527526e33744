import { describe, expect, it } from 'vitest';
import { type AlarmInput, LEAVING } from '../../../src/alerts/machine/step.ts';
import { next, raise } from '../../../src/alerts/machine.ts';
import {
  type Alarm,
  HIDDEN_STATES,
  type HiddenState,
  SHOWN_STATES,
  type ShownState,
} from '../../../src/model/alarm.ts';
import { BYPASS_KINDS, type BypassKind, type Cover, HIDDEN_BY } from '../../../src/model/bypass.ts';
import type { Tier } from '../../../src/model/tier.ts';
import { buildAlarm } from '../../helpers/alarm.ts';

const AT = 1_795_299_600_000;
const BEFORE = AT - 3_600_000;
const ENTERING = { shelf: 'shelved', suppression: 'suppressed', outOfService: 'removedFromService' } as const;

const sample = {
  value: 3.5,
  quality: 'good' as const,
  occurredAt: AT - 10,
  receivedAt: AT - 5,
  journalSeq: 7,
  ruleVersion: '2',
  message: { en: 'now', zh: '现在' },
};
const level = (rank: number, tier: Tier) =>
  ({ condition: `p.${rank}`, rank, tier, limit: rank, latch: false, measured: null }) as const;

const active = (rank: number, tier: Tier) =>
  ({ kind: 'active', level: level(rank, tier), sample, direction: 'high', unit: 'kPa' }) as const;

/** Every input of the machine. Alarms stand at rank 2, orange; the cover of hidden ones reaches up to orange. */
const INPUTS: Readonly<Record<string, AlarmInput>> = {
  same: active(2, 'orange'),
  worse: active(3, 'red'),
  better: active(1, 'yellow'),
  over: { kind: 'inactive', sample },
  ack: { kind: 'acknowledge', by: 'Li Wei' },
  reset: { kind: 'reset' },
  realarm: { kind: 'realarm' },
  repeat: { kind: 'repeat' },
  late: { kind: 'overdue', promise: 'acknowledge', afterMs: 300_000 },
  caseLate: { kind: 'overdue', promise: 'close', afterMs: null },
  case: { kind: 'caseChanged', type: 'verified', case: 'verifying', supervised: false },
  cover: { kind: 'cover' },
};

const STATES: Readonly<Record<string, ShownState>> = {
  A: 'normal',
  B: 'unacknowledged',
  C: 'acknowledged',
  D: 'returned',
  E: 'latchedUnacknowledged',
  F: 'latchedAcknowledged',
};

/**
 * State (ISA-18.2 letter), then for each input the state after it and its events; `-` stays without events, `!` is
 * refused. The last column: a bypass up to orange begins.
 */
const SHOWN = `
  | same         | worse            | better              | over         | ack                     | reset                    | realarm     | repeat     | late       | caseLate  | case       | cover
A | B raised     | B raised         | B raised            | -            | ! ALREADY_ACKNOWLEDGED  | ! NOT_LATCHED            | -           | -          | -          | A overdue | A verified | -
B | -            | B escalated      | B deescalated       | D returned   | C acknowledged          | ! STILL_ACTIVE           | -           | B repeated | B overdue  | B overdue | B verified | (B enter)
C | -            | B escalated      | C deescalated       | A cleared    | ! ALREADY_ACKNOWLEDGED  | ! STILL_ACTIVE           | B realarmed | -          | -          | C overdue | C verified | (C enter)
D | B raised     | B raised         | B raised            | -            | A acknowledged cleared  | ! NOT_LATCHED            | -           | D repeated | D overdue  | D overdue | D verified | (D enter)
E | B raised     | B escalated      | B raised            | -            | F acknowledged          | ! NOT_ACKNOWLEDGED       | -           | E repeated | E overdue  | E overdue | E verified | (E enter)
F | C raised     | B escalated      | C raised            | -            | ! ALREADY_ACKNOWLEDGED  | A cleared                | -           | -          | -          | F overdue | F verified | (F enter)
`;

/**
 * The same under a bypass up to orange: a state in brackets is hidden, what is worse breaks through. N: unacknowledged,
 * and nobody was ever asked; L: the same, latched and over. The last column: the bypass ends.
 */
const HIDDEN = `
  | same         | worse             | better              | over         | ack                     | reset                    | realarm     | repeat     | late       | caseLate    | case         | cover
B | -            | B leave escalated | (B deescalated)     | (D returned) | (C acknowledged)        | ! STILL_ACTIVE           | -           | -          | -          | (B overdue) | (B verified) | B leave raised
N | -            | B leave escalated | (N deescalated)     | A cleared    | (C acknowledged)        | ! STILL_ACTIVE           | -           | -          | -          | (N overdue) | (N verified) | B leave raised
C | -            | B leave escalated | (C deescalated)     | A cleared    | ! ALREADY_ACKNOWLEDGED  | ! STILL_ACTIVE           | -           | -          | -          | (C overdue) | (C verified) | B leave raised
D | (B raised)   | B leave raised    | (B raised)          | -            | A acknowledged cleared  | ! NOT_LATCHED            | -           | -          | -          | (D overdue) | (D verified) | D leave
E | (B raised)   | B leave escalated | (B raised)          | -            | (F acknowledged)        | ! NOT_ACKNOWLEDGED       | -           | -          | -          | (E overdue) | (E verified) | E leave
L | (N raised)   | B leave escalated | (N raised)          | -            | (F acknowledged)        | ! NOT_ACKNOWLEDGED       | -           | -          | -          | (L overdue) | (L verified) | E leave raised
F | (C raised)   | B leave escalated | (C raised)          | -            | ! ALREADY_ACKNOWLEDGED  | A cleared                | -           | -          | -          | (F overdue) | (F verified) | F leave
`;

interface Cell {
  readonly state: string;
  readonly input: string;
  readonly expected: string;
}

function cells(table: string): Cell[] {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const inputs = head.slice(1);
  return rows.flatMap(([state = '', ...row]) =>
    row.map((expected, i) => ({ state, input: inputs[i] ?? '', expected })),
  );
}

const upToOrange = (kind: BypassKind): Cover => ({ id: 'byp_1', kind, upTo: 'orange' });

function alarmIn(letter: string, hidden: BypassKind | null): Alarm {
  const shown = letter === 'N' ? 'unacknowledged' : letter === 'L' ? 'latchedUnacknowledged' : STATES[letter];
  if (!shown) throw new Error(`state ${letter}`);
  const calls = ['B', 'D', 'E'].includes(letter);
  return buildAlarm({
    shown,
    state: hidden && shown !== 'normal' ? HIDDEN_BY[hidden] : shown,
    bypass: hidden && shown !== 'normal' ? 'byp_1' : null,
    latched: ['E', 'F', 'L'].includes(letter),
    condition: 'p.2',
    level: 2,
    tier: 'orange',
    limit: 2,
    annunciatedAt: calls ? BEFORE : null,
    annunciatedTier: calls ? 'orange' : null,
    escalations: 2,
    escalatedMs: 60_000,
    repeatedAt: BEFORE,
    acknowledgedAt: letter === 'C' || letter === 'F' ? BEFORE : null,
    acknowledgedBy: letter === 'C' || letter === 'F' ? 'Wang' : null,
  });
}

/** How a cell names what came out. */
function told(alarm: Alarm, outcome: ReturnType<typeof next>, kind: BypassKind): string {
  if (outcome.kind === 'refused') return `! ${outcome.code.replace('ALARM_', '')}`;
  const { state } = outcome.alarm;
  const isHidden = HIDDEN_STATES.some((each) => each === state);
  const letters = Object.entries(STATES).find(([, shown]) => shown === outcome.alarm.shown);
  const never = isHidden && outcome.alarm.annunciatedAt === null;
  const letter = (never && { B: 'N', E: 'L' }[letters?.[0] ?? '']) || (letters?.[0] ?? '');
  const names: Record<string, string> = { [ENTERING[kind]]: 'enter', [LEAVING[HIDDEN_BY[kind]]]: 'leave' };
  const events = outcome.events.map(({ type }) => names[type] ?? type);
  if (events.length === 0 && state === alarm.state && outcome.alarm.shown === alarm.shown) return '-';
  const text = [letter, ...events].join(' ');
  return isHidden ? `(${text})` : text;
}

describe.each(BYPASS_KINDS)('alarm machine and %s', (kind) => {
  const cover = upToOrange(kind);

  it.each(cells(SHOWN))('$state, $input: $expected', ({ state, input, expected }) => {
    const alarm = alarmIn(state, null);
    const covers = input === 'cover' ? [cover] : [];
    expect(told(alarm, next(alarm, inputOf(input), AT, covers), kind)).toBe(expected);
  });

  it.each(cells(HIDDEN))('hidden $state, $input: $expected', ({ state, input, expected }) => {
    const alarm = alarmIn(state, kind);
    const covers = input === 'cover' ? [] : [cover];
    const outcome = next(alarm, inputOf(input), AT, covers);
    expect(told(alarm, outcome, kind)).toBe(expected);
    if (outcome.kind === 'refused') return;
    expect(outcome.events.map((event) => event.alarm.revision)).toEqual(outcome.events.map((_, i) => 2 + i));
    for (const event of outcome.events) {
      expect(event.bypass).toBe(event.type === LEAVING[alarm.state as HiddenState] ? 'byp_1' : null);
    }
  });
});

describe('the tables of the alarm machine', () => {
  const inputs = Object.keys(INPUTS);

  it.each([
    ['shown', SHOWN, Object.keys(STATES)],
    ['hidden', HIDDEN, ['B', 'N', 'C', 'D', 'E', 'L', 'F']],
  ] as const)('hold every pair of a %s state and an input', (_, table, states) => {
    const pairs = new Set(cells(table).map(({ state, input }) => `${state} ${input}`));
    expect(states.flatMap((state) => inputs.map((input) => `${state} ${input}`)).filter((p) => !pairs.has(p))).toEqual(
      [],
    );
    expect(pairs.size).toBe(states.length * inputs.length);
  });

  it('hold every state and every kind of input', () => {
    expect(new Set(Object.values(STATES))).toEqual(new Set(SHOWN_STATES));
    const kinds: Record<AlarmInput['kind'], true> = {
      active: true,
      inactive: true,
      acknowledge: true,
      reset: true,
      realarm: true,
      repeat: true,
      overdue: true,
      cover: true,
      caseChanged: true,
    };
    expect(new Set(Object.values(INPUTS).map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)));
  });
});

describe('bypasses of an alarm', () => {
  const shelf: Cover = { id: 'byp_s', kind: 'shelf', upTo: 'orange' };
  const window: Cover = { id: 'byp_w', kind: 'suppression', upTo: 'orange' };
  const out: Cover = { id: 'byp_o', kind: 'outOfService', upTo: 'red' };
  const reviewed = (alarm: Alarm, covers: readonly Cover[]) => step(alarm, { kind: 'cover' }, covers);

  it('the strongest names the state, and each change is told with its bypass', () => {
    const shelved = reviewed(alarmIn('B', null), [shelf]);
    const both = reviewed(shelved.alarm, [shelf, out]);
    const shelvedAgain = reviewed(both.alarm, [shelf, window]);
    const shown = reviewed(shelvedAgain.alarm, []);
    expect([shelved, both, shelvedAgain, shown].map(({ alarm }) => alarm.state)).toEqual([
      'shelved',
      'outOfService',
      'suppressed',
      'unacknowledged',
    ]);
    expect([shelved, both, shelvedAgain, shown].flatMap(({ events }) => events.map((e) => [e.type, e.bypass]))).toEqual(
      [
        ['shelved', 'byp_s'],
        ['removedFromService', 'byp_o'],
        ['returnedToService', 'byp_o'],
        ['unsuppressed', 'byp_w'],
        ['raised', null],
      ],
    );
  });

  it('of two of one kind the one that hides already stays', () => {
    const shelved = reviewed(alarmIn('B', null), [shelf]).alarm;
    const more = reviewed(shelved, [{ ...shelf, id: 'byp_a' }, shelf, { ...shelf, id: 'byp_z' }]);
    expect(more).toMatchObject({ alarm: { bypass: 'byp_s' }, events: [] });
    expect(reviewed(shelved, [{ ...shelf, id: 'byp_z' }])).toMatchObject({
      alarm: { bypass: 'byp_z', state: 'shelved' },
      events: [{ type: 'shelved', bypass: 'byp_z' }],
    });
  });

  it('one that does not reach up to the tier hides nothing', () => {
    expect(reviewed(alarmIn('B', null), [{ ...shelf, upTo: 'yellow' }])).toMatchObject({ events: [] });
    expect(raise(buildAlarm({ tier: 'red', revision: 0 }), [shelf]).alarm).toMatchObject({
      state: 'unacknowledged',
      bypass: null,
    });
  });

  it('an alarm raised under one starts hidden, asks nobody, and is announced when it leaves', () => {
    const raised = raise(buildAlarm({ tier: 'orange', revision: 0 }), [shelf]);
    expect(raised.events).toMatchObject([
      { type: 'raised', alarm: { state: 'shelved', bypass: 'byp_s', revision: 1 } },
    ]);
    expect(raised.alarm).toMatchObject({ shown: 'unacknowledged', annunciatedAt: null });
    expect(reviewed(raised.alarm, []).alarm).toMatchObject({
      state: 'unacknowledged',
      annunciatedAt: AT,
      annunciatedTier: 'orange',
      occurrences: 1,
      bypass: null,
    });
  });

  it('keeps the name of the bypass under which it ended', () => {
    const raised = raise(buildAlarm({ tier: 'orange', revision: 0 }), [shelf]).alarm;
    expect(step(raised, { kind: 'inactive', sample }, [shelf])).toMatchObject({
      alarm: { state: 'normal', shown: 'normal', bypass: 'byp_s' },
      events: [{ type: 'cleared' }],
    });
  });

  it('an acknowledgement under it is remembered, and asked for again where the condition holds', () => {
    const heard = step(alarmIn('B', 'shelf'), { kind: 'acknowledge', by: 'Li Wei' }, [shelf]).alarm;
    expect(heard).toMatchObject({ state: 'shelved', shown: 'acknowledged', acknowledgedBy: 'Li Wei' });
    expect(reviewed(heard, []).alarm).toMatchObject({ state: 'unacknowledged', acknowledgedBy: null });
  });

  it('leaves a case where nobody answers for what is over, but not without an end', () => {
    const old = { ...alarmIn('D', 'shelf'), annunciatedAt: null };
    expect(reviewed(old, [])).toMatchObject({
      alarm: { state: 'normal' },
      events: [{ type: 'unshelved' }, { type: 'cleared' }],
    });
  });
});

describe('the time since when an alarm wants to be acknowledged', () => {
  const counting = (alarm: Alarm) => {
    const { annunciatedAt, annunciatedTier, escalations, escalatedMs, repeatedAt } = alarm;
    return { annunciatedAt, annunciatedTier, escalations, escalatedMs, repeatedAt };
  };
  const goesOn = counting(alarmIn('B', null));
  const anew = (tier: Tier) => ({
    annunciatedAt: AT,
    annunciatedTier: tier,
    escalations: 0,
    escalatedMs: null,
    repeatedAt: null,
  });

  it.each([
    ['B', 'same', goesOn],
    ['B', 'better', goesOn],
    ['B', 'over', goesOn],
    ['B', 'repeat', { ...goesOn, repeatedAt: AT }],
    ['B', 'late', { ...goesOn, escalations: 3, escalatedMs: 300_000 }],
    ['B', 'caseLate', goesOn],
    ['B', 'worse', anew('red')],
    ['C', 'worse', anew('red')],
    ['C', 'realarm', anew('orange')],
    ['D', 'same', goesOn],
    ['D', 'worse', anew('red')],
    ['E', 'same', goesOn],
    ['B', 'ack', { ...goesOn, annunciatedAt: null, annunciatedTier: null }],
  ] as const)('%s, %s', (state, input, expected) => {
    expect(counting(step(alarmIn(state, null), inputOf(input)).alarm)).toEqual(expected);
  });

  it('does not begin anew for a tier that it had before', () => {
    const worse = step(alarmIn('B', null), inputOf('worse')).alarm;
    const calmer = step(worse, inputOf('better')).alarm;
    const later = next(calmer, inputOf('worse'), AT + 1000);
    expect(later).toMatchObject({ events: [{ type: 'escalated' }], alarm: { tier: 'red', annunciatedAt: AT } });
  });
});

function inputOf(name: string): AlarmInput {
  const input = INPUTS[name];
  if (!input) throw new Error(`input ${name}`);
  return input;
}

function step(alarm: Alarm, input: AlarmInput, covers: readonly Cover[] = []) {
  const outcome = next(alarm, input, AT, covers);
  if (outcome.kind === 'refused') throw new Error(outcome.code);
  return outcome;
}
