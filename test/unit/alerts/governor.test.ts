import { describe, expect, it } from 'vitest';
import { agree, type BypassRequest, judge } from '../../../src/alerts/policy/governor.ts';
import type { Bypass, BypassScope } from '../../../src/model/bypass.ts';
import { samePerson } from '../../../src/model/person.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildTerms } from '../../helpers/terms.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const terms = buildTerms({}, { maxPerSite: 3 });
const scope: BypassScope = { alarm: null, site: 'w', device: 'd', profile: null, point: null, rule: null };
const byAlarm: BypassScope = {
  alarm: 'w/d|p|high|actual',
  site: 'w',
  device: 'd',
  profile: 'g',
  point: 'p',
  rule: null,
};

const ask = (parts: Partial<BypassRequest> = {}): BypassRequest => ({
  kind: 'shelf',
  scope,
  upTo: 'orange',
  oneShot: false,
  reason: 'valve work',
  owner: 'Li',
  approvedBy: null,
  origin: { kind: 'person' },
  replacement: null,
  workOrder: null,
  lengthMs: HOUR,
  ...parts,
});

const bypass = (parts: Partial<Bypass> = {}): Bypass => ({
  ...ask(),
  id: 'byp_1',
  state: 'active',
  requestedAt: NOON,
  from: NOON,
  until: NOON + 8 * HOUR,
  since: { blue: NOON, yellow: NOON, orange: NOON },
  warnedAt: null,
  endedAt: null,
  endedBy: null,
  end: null,
  hidden: 0,
  ...parts,
});

const window = { kind: 'window', id: 'night' } as const;
const rule = { kind: 'rule', id: 'tank-empty' } as const;

// What is asked for, what is open, minutes after noon, the answer.
const table: [string, Partial<BypassRequest>, Bypass[], number, string][] = [
  ['plain', {}, [], 0, 'granted'],
  ['as long as the tier allows', { lengthMs: 8 * HOUR }, [], 0, 'granted'],
  ['longer', { lengthMs: 8 * HOUR + 1 }, [], 0, 'BYPASS_TOO_LONG'],
  ['no time', { lengthMs: null }, [], 0, 'BYPASS_LENGTH_INVALID'],
  ['no number', { lengthMs: Number.NaN }, [], 0, 'BYPASS_LENGTH_INVALID'],
  ['backwards', { lengthMs: -HOUR }, [], 0, 'BYPASS_LENGTH_INVALID'],
  ['nobody', { owner: ' \u200b ' }, [], 0, 'BYPASS_OWNER_MISSING'],
  ['no reason', { reason: ' .-- ' }, [], 0, 'BYPASS_REASON_TOO_SHORT'],
  ['a short one', { reason: 'abc' }, [], 0, 'BYPASS_REASON_TOO_SHORT'],
  ['two characters say enough', { reason: '检修' }, [], 0, 'granted'],
  ['out of service, unprotected', { kind: 'outOfService' }, [], 0, 'BYPASS_REPLACEMENT_MISSING'],
  ['out of service', { kind: 'outOfService', replacement: 'portable detector' }, [], 0, 'granted'],
  ['red', { upTo: 'red', lengthMs: 30 * MINUTE }, [], 0, 'tier'],
  ['red too long', { upTo: 'red', lengthMs: HOUR }, [], 0, 'BYPASS_TOO_LONG'],

  ['renewed within its time', { lengthMs: HOUR }, [bypass()], 7 * 60, 'granted'],
  ['renewed beyond it', { lengthMs: HOUR + 1 }, [bypass()], 7 * 60, 'renewal'],
  ['by another', { lengthMs: 8 * HOUR, owner: 'Wang' }, [bypass()], 7 * 60, 'granted'],
  ['under another spelling', { lengthMs: 8 * HOUR, owner: 'ＬＩ ' }, [bypass()], 7 * 60, 'renewal'],
  ['of what one has approved', { lengthMs: 8 * HOUR }, [bypass({ owner: 'Wang', approvedBy: 'Li' })], 60, 'renewal'],
  ['of a part', { lengthMs: 8 * HOUR, scope: byAlarm }, [bypass()], 60, 'renewal'],
  ['of the whole', { lengthMs: 8 * HOUR }, [bypass({ scope: byAlarm })], 60, 'renewal'],
  ['elsewhere', { lengthMs: 8 * HOUR, scope: { ...scope, device: 'e' } }, [bypass({ scope: byAlarm })], 60, 'granted'],
  [
    'of another point',
    { lengthMs: 8 * HOUR, scope: { ...scope, point: 'q' } },
    [bypass({ scope: byAlarm })],
    60,
    'granted',
  ],
  ['of another site', { lengthMs: 8 * HOUR, scope: { ...scope, site: 'v' } }, [bypass()], 60, 'granted'],
  ['of a lesser tier', { lengthMs: 8 * HOUR }, [bypass({ upTo: 'blue', since: { blue: NOON } })], 60, 'renewal'],
  ['of what was only asked for', { lengthMs: 8 * HOUR }, [bypass({ state: 'requested', since: {} })], 60, 'granted'],

  ['too many', {}, [1, 2, 3].map((i) => bypass({ owner: `${i}`, state: 'requested' })), 0, 'BYPASS_TOO_MANY'],
  ['those of windows do not count', {}, [1, 2, 3].map(() => bypass({ origin: window })), 0, 'granted'],
  ['a window though too many', { origin: window }, [1, 2, 3].map((i) => bypass({ owner: `${i}` })), 0, 'granted'],

  ['window', { origin: window }, [], 0, 'granted'],
  ['window too long', { origin: window, lengthMs: 9 * HOUR }, [], 0, 'BYPASS_TOO_LONG'],
  ['window without an end', { origin: window, lengthMs: null }, [], 0, 'BYPASS_LENGTH_INVALID'],
  ['window, red', { origin: window, upTo: 'red', lengthMs: MINUTE }, [], 0, 'BYPASS_NOT_APPROVED'],
  ['window, red, one person', { origin: window, upTo: 'red', approvedBy: 'li' }, [], 0, 'BYPASS_SAME_PERSON'],
  ['window, red, signed', { origin: window, upTo: 'red', approvedBy: 'Wang', lengthMs: MINUTE }, [], 0, 'granted'],
  ['rule', { origin: rule, lengthMs: null }, [], 0, 'granted'],
  ['rule, red', { origin: rule, lengthMs: null, upTo: 'red' }, [], 0, 'BYPASS_NOT_APPROVED'],
  ['rule, red, signed', { origin: rule, lengthMs: null, upTo: 'red', approvedBy: 'Wang' }, [], 0, 'granted'],
];

describe('suppression governor', () => {
  it.each(table)('%s', (_, parts, open, minutes, expected) => {
    const verdict = judge(ask(parts), open, terms, NOON + minutes * MINUTE);
    const told = {
      granted: () => 'granted',
      requested: () => 'because' in verdict && verdict.because,
      refused: () => 'code' in verdict && verdict.code,
    };
    expect(told[verdict.kind]()).toBe(expected);
  });

  it('counts the time of a renewal from the first one, tier by tier', () => {
    const blue = bypass({ upTo: 'blue', since: { blue: NOON } });
    expect(judge(ask({ upTo: 'yellow' }), [blue], terms, NOON + HOUR)).toEqual({
      kind: 'granted',
      since: { blue: NOON, yellow: NOON + HOUR },
    });
  });

  it('holds what reaches up to a tier to the strictest terms of all tiers that it hides', () => {
    const strict = buildTerms({ blue: { bypass: { maxMs: MINUTE, secondPerson: false } } });
    expect(judge(ask(), [], strict, NOON)).toEqual({ kind: 'refused', code: 'BYPASS_TOO_LONG' });
  });

  const request = bypass({
    state: 'requested',
    upTo: 'red',
    lengthMs: 30 * MINUTE,
    from: null,
    until: NOON + 15 * MINUTE,
    since: {},
  });
  const others = (count: number) => Array.from({ length: count }, (_, i) => bypass({ id: `byp_o${i}` }));
  it.each([
    ['a second person', 'Wang', request, 1, 2, 'granted'],
    ['the owner', 'Li', request, 1, 0, 'BYPASS_SAME_PERSON'],
    ['the owner in disguise', 'l\u200bI', request, 1, 0, 'BYPASS_SAME_PERSON'],
    ['nobody', ' ', request, 1, 0, 'BYPASS_OWNER_MISSING'],
    ['too late', 'Wang', request, 15, 0, 'BYPASS_LAPSED'],
    ['twice', 'Wang', bypass(), 1, 0, 'BYPASS_NOT_REQUESTED'],
    ['of what is over', 'Wang', bypass({ state: 'over' }), 1, 0, 'BYPASS_NOT_REQUESTED'],
    ['when there are too many', 'Wang', request, 1, 3, 'BYPASS_TOO_MANY'],
    ['under stricter terms', 'Wang', { ...request, lengthMs: HOUR }, 1, 0, 'BYPASS_TOO_LONG'],
  ] as const)('approval: %s', (_, by, asked, minutes, count, expected) => {
    const verdict = agree(asked, by, [asked, ...others(count)], terms, NOON + minutes * MINUTE);
    expect(verdict.kind === 'refused' ? verdict.code : verdict.kind).toBe(expected);
    if (verdict.kind === 'granted') expect(verdict.since.red).toBe(NOON + MINUTE);
  });

  it.each([
    ['Li Wei', 'li  wei', true],
    ['Li Wei', 'Ｌｉ　Ｗｅｉ', true],
    ['李伟', ' 李伟 ', true],
    ['Li', 'Li\u3164', true],
    ['Li', 'Li.', true],
    ['Li', 'Li\uFE0F', true],
    ['Li', 'Lí', true],
    ['李伟', '李玮', false],
    ['Li Wei', 'Li Wen', false],
  ])('%s and %s are one person: %s', (one, other, same) => {
    expect(samePerson(one, other)).toBe(same);
  });
});
