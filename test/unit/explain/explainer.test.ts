import { describe, expect, test } from 'vitest';
import type { Override } from '../../../src/model/device.ts';
import { UNTIL_DEADBAND } from '../../../src/rules/expression-rule.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRate, buildRule, watchedDevice } from '../../helpers/watched.ts';
import { HANGING, type Story, UNREACHABLE, useStore } from './story.ts';

const story = useStore();
const limited = (rest: Parameters<typeof buildLimit>[2] = {}) =>
  watchedDevice({ limits: [buildLimit('H', 3.2, { deadband: 0.1, ...rest })], absentAfterMs: 180_000 });
const rated = (rest: Parameters<typeof buildRate>[2] = {}) =>
  watchedDevice({ rates: [buildRate('rising', 0.8, rest)] });

/** Reason and sentence, with the profile named once for all. */
const told = async (told: ReturnType<Story['explain']>) => {
  const { reason, answer } = await told;
  return [reason, answer.en.replaceAll('gas-cabinet', 'P')];
};

describe('why there is no alarm', () => {
  test('below the limit, which this device has of its own', async () => {
    const override: Override = { point: 'p', name: 'H', at: 3.2, profileAt: 3, origin: 'sheet 4', change: 'MOC-17' };
    const device = { ...limited(), overrides: [{ ...override, expires: '2027-06-30' }] };
    expect(await told(story(device).at(1, 3.05).explain(2))).toEqual([
      'normal',
      'No alarm: p is 3.05 kPa, below its limit (H 3.2 kPa, set for this device, profile P says 3 kPa, change MOC-17, from sheet 4, approved until 2027-06-30).',
    ]);
  });

  test('within the deadband of a limit that was not reached', async () => {
    expect(await told(story(limited()).at(1, 3.15).explain(2))).toEqual([
      'nearLimit',
      'No alarm: p is 3.15 kPa and does not reach H; within the deadband only an alarm that is there is kept (H 3.2 kPa, by profile P).',
    ]);
  });

  test('the on-delay runs', async () => {
    expect(
      await told(
        story(limited({ onDelayMs: 5000 }))
          .at(1, 3.3)
          .explain(3),
      ),
    ).toEqual([
      'pending',
      'No alarm yet: p is 3.3 kPa, beyond its limit since 2026-11-21 22:19:53; the on-delay of 5 s ends at 2026-11-21 22:19:58 (H 3.2 kPa, by profile P).',
    ]);
  });

  test.each([
    ['bad quality', 3.4, 'bad' as const],
    ['no value', null, 'good' as const],
  ])('%s', async (_, value, quality) => {
    const began = story(limited()).at(1, 3).at(10, value, { quality }).at(20, value, { quality });
    expect(await told(began.explain(21))).toEqual([
      'badQuality',
      'No alarm: p is of bad quality since 2026-11-21 22:20:02 and is not judged (H 3.2 kPa, by profile P).',
    ]);
  });

  test('too few samples for a slope', async () => {
    const few = story(rated()).at(0, 1).at(20, 2).at(40, 3);
    const answer = await few.explain(41);
    expect([answer.reason, answer.answer.en]).toEqual([
      'tooFewSamples',
      'No alarm: too few samples for a slope of p (p.rising): 3 of 5 (rising by 0.8 kPa in 60 s trips, by profile gas-cabinet).',
    ]);
    expect(answer.conditions[0]?.window).toMatchObject({
      n: 3,
      minSamples: 5,
      perMinute: 3,
      from: NOON,
      to: NOON + 40_000,
    });
  });

  test('samples over less than half of the window', async () => {
    const close = story(rated());
    for (let i = 0; i < 6; i++) close.at(i, i);
    expect(await told(close.explain(6))).toEqual([
      'windowTooShort',
      'No alarm: the samples of p (p.rising) span 5 s, less than half of the window of 60 s (rising by 0.8 kPa in 60 s trips, by profile P).',
    ]);
  });

  test('a gap in the window', async () => {
    const gappy = story(rated({ maxGapMs: 15_000 }));
    for (const second of [0, 5, 10, 40, 45, 50]) gappy.at(second, second);
    expect((await told(gappy.explain(51)))[0]).toBe('gap');
  });

  test('a pressure that rises does not fall: the change is shown as it is', async () => {
    const rising = story(watchedDevice({ rates: [buildRate('falling', 0.8)] }));
    for (let i = 0; i <= 6; i++) rising.at(i * 10, 1 + i * 0.2);
    const answer = await rising.explain(61);
    expect(answer.answer.en).toBe(
      'No alarm: p (p.falling) is changing by +1.2 kPa in 60 s, which is within its limit (falling by 0.8 kPa in 60 s trips, by profile gas-cabinet).',
    );
    expect(answer.answer.zh).toContain('在 60 s 内变化 +1.2 kPa，未达限值（60 s 内下降 0.8 kPa 即报警');
    expect(answer.conditions[0]).toMatchObject({ measured: 1.2, watched: { level: { at: -0.8, sense: 'below' } } });
    expect(answer.evaluations.map(({ verdict }) => verdict)).toContain('unknown');
    expect(answer.evaluations.at(-1)).toMatchObject({ measured: 1.2, limit: -0.8, verdict: 'cleared' });
  });

  test('a fall beyond its limit is an alarm with a negative change', async () => {
    const falling = story(watchedDevice({ rates: [buildRate('falling', 0.8)] }));
    for (let i = 0; i <= 6; i++) falling.at(i * 10, 5 - i * 0.2);
    const { reason, answer } = await falling.explain(61);
    expect([reason, answer.en]).toEqual(['inForce', expect.stringContaining('changing by -1.2 kPa in 60 s')]);
  });

  test('a value is never told as a change where no change is known', async () => {
    const silent = story(watchedDevice({ rates: [buildRate('rising', 0.8)], absentAfterMs: 180_000 }));
    const { conditions } = await silent.at(0, 60.4732).explain(200);
    const rate = conditions.find(({ watched }) => watched.condition === 'p.rising');
    expect(rate?.text.zh).toContain('尚不可知（样本 1／5）');
    expect(rate?.text.zh).not.toContain('60.4732');
  });

  test('a slope that does not stand out of the noise', async () => {
    const noisy = story(rated({ significance: 4 }));
    for (const [i, value] of [1, 3, 1, 4, 2, 3, 2].entries()) noisy.at(i * 10, value);
    const answer = await noisy.explain(61);
    expect(answer.reason).toBe('notSignificant');
    expect(answer.conditions[0]?.window?.significance).toBeLessThan(4);
  });

  test('a slope below its limit', async () => {
    const slow = story(rated());
    for (let i = 0; i < 7; i++) slow.at(i * 10, 1 + i * 0.05);
    expect(await told(slow.explain(61))).toEqual([
      'normal',
      'No alarm: p (p.rising) is changing by +0.3 kPa in 60 s, which is within its limit (rising by 0.8 kPa in 60 s trips, by profile P).',
    ]);
  });

  test('nothing came for too long', async () => {
    const quiet = story(limited()).at(1, 3);
    expect(await told(quiet.explain(600))).toEqual([
      'silent',
      'No alarm of p: there is no live reading since 2026-11-21 22:19:53, when it was 3 kPa; the silence is an alarm of its own (H 3.2 kPa, by profile P).',
    ]);
    expect((await quiet.explain(600, { rule: 'absent' })).reason).toBe('inForce');
  });

  test('nothing ever came', async () => {
    expect((await told(story(limited()).explain(5)))[0]).toBe('noSample');
  });

  test.each([
    ['said to be historical', 0, { historical: true }],
    ['later than the live window', -400, { received: 10 }],
  ])('the newest reading is %s', async (_, second, marks) => {
    const late = story(limited())
      .at(1, 3)
      .at(second, 5, { received: 10, ...marks });
    const answer = await late.explain(11);
    expect(answer.reason).toBe('historical');
    expect(answer.answer.en).toContain('recorded, not judged; before it p was 3 kPa');
    expect(answer.series[0]?.samples.find(({ value }) => value === 5)).toMatchObject({ historical: true });
  });

  test.each(['exercise', 'test'] as const)('the newest reading is of a drill: %s', async (status) => {
    const drill = story(limited()).at(1, 3).at(2, 5, { status });
    const answer = await drill.explain(3);
    expect(answer.reason).toBe('drill');
    expect(answer.answer.zh).toContain('演练');
    expect(answer.conditions[0]).toMatchObject({ phase: 'inactive', value: 3 });
  });

  test('the limit is off for this device, or there never was one', async () => {
    const off: Override = { point: 'p', name: 'H', at: null, profileAt: 3, origin: null, change: 'MOC-18' };
    expect(
      await told(
        story({ ...watchedDevice({}), overrides: [off] })
          .at(1, 9)
          .explain(2),
      ),
    ).toEqual([
      'off',
      'No alarm: p is switched off for this device (set for this device, profile P says 3, change MOC-18).',
    ]);
    expect((await told(story(watchedDevice({})).at(1, 9).explain(2)))[0]).toBe('notWatched');
  });

  test('a rule that answers yes or no says so', async () => {
    const rule = buildRule('door', { kind: 'state', point: 0, values: [1], listed: 'alarm' });
    expect(
      await told(
        story({ ...watchedDevice({}), rules: [rule] })
          .at(1, 0)
          .explain(2),
      ),
    ).toEqual(['normal', 'No alarm: p (door) is not in its alarm condition (0 kPa) (by profile P).']);
  });

  test('an expression is shown as it is written, with the values it reads', async () => {
    const when = { text: 'p > 3.0', timezone: 'UTC', intervalMs: null };
    const rule = buildRule('high', { kind: 'expression', when, until: { ...when, text: 'p < 2.0' } });
    const { answer, conditions } = await story({ ...watchedDevice({}), rules: [rule] })
      .at(1, 1)
      .explain(2);
    expect(answer.en).toContain('(when: p > 3.0, until: p < 2.0, p 1 kPa, by profile');
    expect(conditions[0]).toMatchObject({
      expression: { when: 'p > 3.0', until: 'p < 2.0' },
      inputs: [{ value: 1, quality: 'good' }],
    });
  });

  test('an `until` that is not true yet is told in words', async () => {
    const when = { text: 'p > 3.0', timezone: 'UTC', intervalMs: null };
    const spec = { kind: 'expression', when, until: { ...when, text: 'p < 2.0' } } as const;
    const device = { ...watchedDevice({}), rules: [buildRule('high', spec, { deadband: UNTIL_DEADBAND })] };
    const held = await told(story(device).at(1, 4).at(2, 2.5).explain(3));
    expect(held[0]).toBe('heldByDeadband');
    expect(held[1]).toMatch(
      /^Alarm since .*: p \(high\) is not in its alarm condition \(2.5 kPa\), but `until` is not true/,
    );
    const none = await told(story(device).at(1, 2.5).explain(3));
    expect(none[0]).toBe('nearLimit');
    expect(none[1]).toContain('which only keeps an alarm that is there (when: p > 3.0');
  });

  test('a rate whose reports have become too slow has its window still', async () => {
    const slow = story(watchedDevice({ rates: [buildRate('rising', 1)] }));
    for (let i = 0; i <= 6; i++) slow.at(i * 10, i);
    const { conditions } = await slow.at(200, 6).explain(201);
    expect(conditions[0]?.window).toMatchObject({ n: 1, minSamples: 5 });
  });
});

describe('kinds of rules', () => {
  test('a forecast shows its line and the time to the limit', async () => {
    const spec = { kind: 'forecast' as const, point: 0, to: { value: 10, sense: 'above' as const }, overMs: 60_000 };
    const terms = { minSamples: 5, maxGapMs: null, significance: 2, basis: 'expected' as const };
    const level = { at: 5, sense: 'below' as const };
    const rule = buildRule('overfill', { ...spec, ...terms }, level, { unit: 'min' });
    const rising = story({ ...watchedDevice({}), rules: [rule] });
    for (let i = 0; i <= 6; i++) rising.at(i * 10, 1 + i * 0.5);
    const answer = await rising.explain(61);
    expect(answer.answer.en).toBe(
      'Alarm since 2026-11-21 22:20:32: p (overfill) is 2 min (limit 5 min, by profile gas-cabinet).',
    );
    expect(answer.conditions[0]?.window).toMatchObject({ n: 7, perMinute: 3 });
  });

  test('an expression without enough samples, and with them', async () => {
    const when = { text: 'mean(p, "1m") > 5.0', timezone: 'UTC', intervalMs: null };
    const rule = buildRule('hot', { kind: 'expression', when, until: null }, {}, { point: null });
    const device = { ...watchedDevice({}), rules: [rule] };
    expect((await story(device).explain(1, { rule: 'hot' })).reason).toBe('noSample');
    const fed = story(device);
    for (let i = 0; i <= 6; i++) fed.at(i * 10, 6);
    const answer = await fed.explain(61, { rule: 'hot' });
    expect(answer.answer.en).toContain('hot is in its alarm condition');
    expect(answer.series.map(({ point, samples }) => [point.id, samples.length])).toEqual([['p', 7]]);
  });

  test('a low limit is judged from the other side', async () => {
    const low = watchedDevice({ limits: [buildLimit('L', 1.5, { deadband: 0.1 })] });
    expect((await story(low).at(1, 2).explain(2)).answer.en).toContain('p is 2 kPa, above its limit (L 1.5 kPa');
    const held = await story(low).at(1, 1).at(2, 1.55).explain(3);
    expect(held.answer.en).toContain('clears only above 1.6 kPa');
  });
});

describe('why there is an alarm', () => {
  test('the limit is in force, with the evaluations that led to it', async () => {
    const answer = await story(limited({ onDelayMs: 5000 }))
      .at(1, 3)
      .at(2, 3.3)
      .at(8, 3.4)
      .explain(9);
    expect(answer.reason).toBe('inForce');
    expect(answer.answer.en).toBe('Alarm since 2026-11-21 22:19:54: p is 3.4 kPa (H 3.2 kPa, by profile gas-cabinet).');
    expect(answer.evaluations.map(({ verdict, before, after }) => [verdict, before, after])).toEqual([
      ['cleared', 'inactive', 'inactive'],
      ['tripped', 'inactive', 'pendingOn'],
      ['delayOver', 'pendingOn', 'active'],
      ['tripped', 'active', 'active'],
    ]);
    expect(answer.openAlarms).toHaveLength(1);
    expect(answer.notes).toEqual([]);
  });

  test.each([
    ['heldByDeadband', { value: 3.15 }, 'clears only below 3.1 kPa'],
    ['heldByBadQuality', { value: null }, 'so the alarm is held'],
    ['heldByUncertainQuality', { value: 2, quality: 'uncertain' as const }, 'an uncertain value ends no alarm'],
    ['returning', { value: 2 }, 'the off-delay of 60 s ends at 2026-11-21 22:21:02'],
  ])('%s', async (reason, { value, ...marks }, words) => {
    const held = story(limited({ offDelayMs: 60_000 }))
      .at(1, 3.3)
      .at(10, value, marks);
    const answer = await held.explain(11);
    expect([answer.reason, answer.answer.en]).toEqual([reason, expect.stringContaining(words)]);
  });

  test('the worse of two limits speaks', async () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3), buildLimit('HH', 4)] });
    const answer = await story(device).at(1, 4.5).explain(2);
    expect(answer.answer.en).toContain('HH 4 kPa');
    expect(answer.conditions.map(({ reason }) => reason)).toEqual(['inForce', 'inForce']);
  });

  test('an alarm is explained as of its raise, whatever is now', async () => {
    const over = story(limited()).at(1, 3).at(10, 3.4).at(20, 2).at(30, 2);
    await over.explain(31);
    const [alarm] = over.alarms();
    const answer = await over.explain(31, { alarm: alarm?.id ?? '' });
    expect(answer).toMatchObject({ at: NOON + 10_000, basis: 'replay', reason: 'inForce', notes: [] });
    expect(answer.series[0]?.samples.map(({ value }) => value)).toEqual([3, 3.4]);
    const now = await over.explain(31);
    expect([now.basis, now.reason]).toEqual(['live', 'normal']);
  });

  test('an exercise has its alarm explained like any other', async () => {
    const drill = story(limited()).at(1, 2).at(5, 3.5, { status: 'exercise' });
    const [alarm] = drill.alarms();
    const answer = await drill.explain(6, { alarm: alarm?.id ?? '' });
    expect(answer).toMatchObject({ status: 'exercise', reason: 'inForce' });
  });

  test('rules that have changed since are named, and so is an alarm they would not raise', async () => {
    const device = limited();
    const changed = story(device).at(1, 3.4);
    const [alarm] = changed.alarms();
    if (alarm) Object.assign(alarm, { ruleVersion: 'before' });
    const answer = await changed.explain(2, { alarm: alarm?.id ?? '' });
    expect(answer.notes).toMatchObject([
      { code: 'rulesChanged', text: { en: expect.stringContaining('version before') } },
    ]);
    const gone = await changed.explain(2, { alarm: alarm?.id ?? '' }, 0);
    expect(gone).toMatchObject({
      reason: 'notReproduced',
      answer: { en: expect.stringContaining("today's rules do not") },
    });
  });
});

describe('what an answer rests on', () => {
  test('another moment is judged again from the store', async () => {
    const past = story(limited({ onDelayMs: 5000 }))
      .at(1, 3)
      .at(10, 3.4)
      .at(20, 2);
    expect((await past.explain(30, 'point', 12)).reason).toBe('pending');
    expect((await past.explain(30, 'point', 16)).reason).toBe('inForce');
    expect((await past.explain(30, 'point', 25)).reason).toBe('normal');
    await expect(past.explain(30, 'point', 31)).rejects.toMatchObject({ code: 'TIME_INVALID' });
  });

  test('a sample that the store does not have yet counts, and is marked', async () => {
    const ahead = story(limited(), { storedUpTo: () => 0 });
    ahead.at(1, 3).at(2, 3.4, { stored: false });
    const asked = ahead.explain(3);
    for (let i = 0; i < 80; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await ahead.clock.advance(25);
    }
    const answer = await asked;
    expect(answer).toMatchObject({ reason: 'inForce', notes: [{ code: 'behind' }] });
    expect(answer.series[0]?.samples.map(({ value, stored }) => [value, stored])).toEqual([
      [3, true],
      [3.4, false],
    ]);
  });

  test('without the store the running rules still answer', async () => {
    const answer = await story(limited(), { store: UNREACHABLE }).at(1, 3.4).explain(2);
    expect(answer).toMatchObject({ reason: 'inForce', span: null, notes: [{ code: 'storeUnavailable' }] });
    expect(answer.series[0]?.samples).toMatchObject([{ value: 3.4, stored: false }]);
  });

  test('of many readings the newest are judged again, and the answer says so', async () => {
    const dense = story(limited()).at(0, 3.4);
    for (let i = 1; i < 12_000; i++) dense.at(i / 4, 3.15);
    const answer = await dense.explain(3001);
    expect(answer.span).toMatchObject({ readings: 10_000, cut: true });
    // The running rules know what is older than the readings judged again.
    expect(answer.reason).toBe('heldByDeadband');
    expect(answer.notes.map(({ code }) => code)).toEqual(['cut', 'differs']);
    expect(answer.series[0]?.samples).toHaveLength(200);
  });

  test('two at once, a third is refused; none takes longer than it may', async () => {
    const { explainer, device, at } = story(limited(), { store: HANGING, deadlineMs: 100 });
    at(1, 3);
    const ask = () => explainer.point(device, 'p', null);
    const both = [ask(), ask()].map((one) => expect(one).rejects.toMatchObject({ code: 'EXPLANATION_LATE' }));
    await expect(ask()).rejects.toMatchObject({ code: 'EXPLANATION_BUSY' });
    await Promise.all(both);
    await expect(ask()).rejects.toMatchObject({ code: 'EXPLANATION_LATE' });
  });

  test('what is not known is refused by name', async () => {
    const { explainer, device } = story(limited());
    await expect(explainer.point(device, 'q', null)).rejects.toMatchObject({ code: 'POINT_UNKNOWN' });
    await expect(explainer.alarm('alm_X', null)).rejects.toMatchObject({ code: 'ALARM_UNKNOWN' });
    await expect(explainer.device(device, 'q', null)).rejects.toMatchObject({
      code: 'RULE_UNKNOWN',
      message: expect.stringContaining('there is: p.H, absent'),
    });
  });
});
