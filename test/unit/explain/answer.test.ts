import { expect, test } from 'vitest';
import { answerOfAlarm } from '../../../src/explain/answer.ts';
import type { Member } from '../../../src/explain/explanation.ts';
import { reasonOf } from '../../../src/explain/reason.ts';
import { situationOf } from '../../../src/explain/situation.ts';
import { watchedOfPoint } from '../../../src/explain/watched.ts';
import { sentenceOf } from '../../../src/explain/words.ts';
import type { Device } from '../../../src/model/device.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRule, watchedDevice } from '../../helpers/watched.ts';

const telling = { timezone: 'UTC', badSince: null, seenAt: NOON };

const member = (device: string, value: number | null): Member => ({
  device,
  point: 'p',
  unit: 'kPa',
  value,
  quality: 'good',
  ts: NOON,
  state: 'normal',
  vote: 'yes',
});

function told(device: Device, measured: number | null): [reason: string, sentence: string] {
  const points = {
    p: { ts: NOON, value: 3.5, quality: 'good' as const, holds: [], freshAt: NOON, overtakenSince: null },
  };
  const rules = Object.fromEntries(
    device.rules.map(({ id }) => [id, { measured, holds: [], freshAt: NOON, overtakenSince: null }]),
  );
  const state = { seq: 1, seenAt: NOON, absent: false, points, rules };
  const [watched] = watchedOfPoint(device, device.points[0] as Device['points'][number]);
  if (!watched) throw new Error('nothing is judged');
  const situation = situationOf(watched, device, state, NOON);
  const reason = reasonOf(situation, { silent: false, unjudged: null });
  return [reason, sentenceOf(situation, reason, telling).en];
}

test('a value beyond a limit that came with changed rules waits for the next sample', () => {
  expect(told(watchedDevice({ limits: [buildLimit('H', 3)] }), null)).toEqual([
    'notYetJudged',
    'No alarm yet: p was 3.5 kPa before these rules were in force; they judge the next sample (H 3 kPa, by profile gas-cabinet).',
  ]);
});

test('a rule of which nothing can be said yet says so', () => {
  const rule = buildRule('hot', { kind: 'state', point: 0, values: [1], listed: 'alarm' });
  const [reason, sentence] = told({ ...watchedDevice({}), rules: [rule] }, null);
  expect([reason, sentence]).toEqual([
    'nothingMeasured',
    expect.stringContaining('nothing can be said of p (hot) yet'),
  ]);
});

test('an alarm of several devices names them; one of a device that is gone says so', () => {
  const several = answerOfAlarm(buildAlarm(), [], [member('s/a', 3.5), member('s/b', null)], NOON);
  expect(several).toMatchObject({ reason: 'severalDevices', basis: 'alarm', members: [{ device: 's/a' }, {}] });
  expect(several.answer.en).toContain('now: s/a p 3.5 kPa, normal, counts; s/b p without a value, normal, counts');
  const gone = answerOfAlarm(buildAlarm(), [], [], NOON);
  expect([gone.reason, gone.answer.en]).toEqual(['notReproduced', 'p high; its device is no longer configured.']);
});
