import { describe, expect, test } from 'vitest';
import { alarmMessage } from '../../../src/alerts/message.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Value } from '../../../src/model/reading.ts';
import { watch } from '../../helpers/watched.ts';
import { configurationOf, FIXTURES, faultsOf, loadFiles } from './directory.ts';

const profile = (text: string) => ({
  'profiles/p.yaml': `profile: p\nreporting: { interval: 10s }\npoints:\n  gas: { type: number, unit: kPa, range: [0, 10], ${text} }\n  door: { type: boolean }`,
});
const norm = 'fixed: { mean: 5, sigma: 1 }';
const forecast = (text: string) => profile(`limits: { H: { at: 8, tier: blue } }, forecast: { ${text} }`);

const { devices } = configurationOf(loadConfiguration(`${FIXTURES}statistics-good`, {}));
const plain = devices.get('statistics/plain');
const changed = devices.get('statistics/changed');

describe('statistics and forecasts', () => {
  test('become the rules of the model', () => {
    expect(plain?.rules).toMatchObject([
      {
        id: 'level.forecast.HH',
        spec: {
          kind: 'forecast',
          point: 0,
          to: 'HH',
          overMs: 600_000,
          minSamples: 10,
          maxGapMs: 200_000,
          significance: 3,
          basis: 'byTier',
        },
        unit: 'min',
        levels: [
          { name: 'yellow', rank: 1, at: 20, sense: 'below', deadband: 4, tier: 'yellow' },
          { name: 'orange', rank: 2, at: 15, deadband: 3, tier: 'orange' },
          { name: 'red', rank: 3, at: 5, deadband: 1, tier: 'red' },
        ],
      },
      {
        id: 'level.forecast.brim',
        spec: { to: { value: 99, sense: 'above' }, minSamples: 20, basis: 'earliest' },
        levels: [{ name: '', at: 5, deadband: 2, tier: 'red', latch: true }],
      },
      {
        id: 'flow.ewma',
        spec: { norm: { mean: 20, sigma: 2 }, weight: { tauMs: 300_000 }, everyMs: 60_000, side: 'either' },
        unit: 'σ',
        levels: [{ at: 3, deadband: 0.6, sense: 'above' }],
      },
      { id: 'flow.cusum', spec: { k: 0.5, h: 5, everyMs: 0, side: 'high' }, levels: [{ at: 5, onDelayMs: 60_000 }] },
      {
        id: 'flow.zscore',
        spec: {
          norm: {
            spanMs: 604_800_000,
            minSamples: 30,
            resolution: 0.1,
            hoursOf: 'Asia/Shanghai',
            relearnAfterMs: 2_592_000_000,
          },
        },
        levels: [{ at: 3.5, deadband: 1 }],
      },
    ]);
  });

  test('take the changes of a device', () => {
    const ruleOf = (id: string) => changed?.rules.find((rule) => rule.id === id);
    expect(ruleOf('level.forecast.HH')).toMatchObject({
      spec: { minSamples: 30 },
      levels: [{ at: 24 }, { at: 15 }, { at: 5 }],
    });
    expect(ruleOf('level.forecast.brim')).toMatchObject({
      spec: { to: { value: 98 } },
      levels: [{ at: 4, tier: 'orange' }],
    });
    expect(ruleOf('flow.ewma')).toMatchObject({ spec: { norm: { mean: 30, sigma: 3 } }, levels: [{ at: 4 }] });
    expect(ruleOf('flow.cusum')).toMatchObject({ spec: { k: 1, h: 8 }, levels: [{ at: 8 }] });
    expect(changed?.overrides?.map(({ name, at }) => [name, at])).toEqual([
      ['HH', 90],
      ['level.forecast.HH', 24],
      ['level.forecast.brim', 4],
      ['flow.ewma', 4],
      ['flow.cusum', 8],
    ]);
  });

  test('lead to the limit in force for the device', () => {
    const told = (device: typeof plain) => {
      if (!device) throw new Error('the fixture lacks a device');
      const watching = watch({ ...device, profile: { ...device.profile, absent: null } });
      // 1.2 % a minute.
      for (let s = 0; s <= 600; s += 10) watching.read(s, { level: 60 + 0.02 * s });
      return watching.seen().map(([second]) => second);
    };
    // Of 92 the response time of 15 min is left at 74, of 90 already the 24 min of the device at 61.2.
    expect(told(plain)).toEqual([400]);
    expect(told(changed)).toEqual([300, 600]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'a statistic without a norm',
      profile('statistics: { zscore: { tier: blue } }'),
      'STATISTIC_UNCLEAR points.gas.statistics.zscore.fixed',
    ],
    [
      'a statistic with both norms',
      profile(`statistics: { cusum: { ${norm}, learned: { over: 7d, resolution: 1 }, tier: blue } }`),
      'STATISTIC_UNCLEAR points.gas.statistics.cusum.fixed',
    ],
    [
      'a norm without noise',
      profile('statistics: { zscore: { fixed: { mean: 5, sigma: 0 }, tier: blue } }'),
      'VALUE_INVALID points.gas.statistics.zscore.fixed.sigma',
    ],
    [
      'a mean outside the range',
      profile('statistics: { cusum: { fixed: { mean: 11, sigma: 1 }, tier: blue } }'),
      'RULE_OUTSIDE_RANGE points.gas.statistics.cusum.fixed',
    ],
    [
      'a learned norm without a resolution',
      profile('statistics: { zscore: { learned: { over: 7d }, tier: blue } }'),
      'MISSING_KEY points.gas.statistics.zscore.learned.resolution',
    ],
    [
      'an alarm that is learned at once',
      profile('statistics: { zscore: { learned: { over: 7d, resolution: 1, relearnAfter: 0s }, tier: blue } }'),
      'DURATION_INVALID points.gas.statistics.zscore.learned.relearnAfter',
    ],
    [
      'two weights',
      profile(`statistics: { ewma: { ${norm}, lambda: 0.2, tau: 5m, tier: blue } }`),
      'STATISTIC_UNCLEAR points.gas.statistics.ewma.tau',
    ],
    [
      'a weight of more than one',
      profile(`statistics: { ewma: { ${norm}, lambda: 1.5, tier: blue } }`),
      'VALUE_INVALID points.gas.statistics.ewma.lambda',
    ],
    [
      'a z-score beyond the range',
      profile(`statistics: { zscore: { ${norm}, limit: 6, tier: blue } }`),
      'RULE_OUTSIDE_RANGE points.gas.statistics.zscore.limit',
    ],
    [
      'a deadband as wide as the set point',
      profile(`statistics: { cusum: { ${norm}, deadband: 5, tier: blue } }`),
      'DEADBAND_TOO_WIDE points.gas.statistics.cusum.deadband',
    ],
    [
      'a statistic in red without a why',
      profile(`statistics: { cusum: { ${norm}, tier: red } }`),
      'WHY_MISSING points.gas.statistics.cusum.why',
    ],
    [
      'a statistic of a boolean',
      {
        'profiles/p.yaml': `profile: p\npoints: { on: { type: boolean, statistics: { zscore: { ${norm}, tier: blue } } } }`,
      },
      'RULE_TYPE points.on.statistics.zscore.side',
    ],
    [
      'a forecast without a time',
      forecast('H: { over: 10m, tier: blue }'),
      'FORECAST_UNCLEAR points.gas.forecast.H.before',
    ],
    [
      'a forecast of a time and steps',
      forecast('H: { over: 10m, before: 5m, steps: { blue: 5m } }'),
      'FORECAST_UNCLEAR points.gas.forecast.H.before',
    ],
    ['a forecast without a tier', forecast('H: { over: 10m, before: 5m }'), 'MISSING_KEY points.gas.forecast.H.tier'],
    [
      'steps and a tier',
      forecast('H: { over: 10m, steps: { blue: 5m }, tier: blue }'),
      'RULE_KEY_STRAY points.gas.forecast.H.tier',
    ],
    [
      'a forecast of a limit there is not',
      forecast('HH: { over: 10m, before: 5m, tier: blue }'),
      'FORECAST_NO_LIMIT points.gas.forecast.HH.over',
    ],
    [
      'a forecast to nowhere',
      forecast('brim: { over: 10m, before: 5m, tier: blue }'),
      'MISSING_KEY points.gas.forecast.brim.sense, MISSING_KEY points.gas.forecast.brim.to',
    ],
    [
      'a limit and a value',
      forecast('H: { over: 10m, to: 9, before: 5m, tier: blue }'),
      'RULE_KEY_STRAY points.gas.forecast.H.to',
    ],
    [
      'a response time that is not there',
      forecast('H: { over: 10m, before: responseTime, tier: blue }'),
      'WHY_MISSING points.gas.forecast.H.why',
    ],
    [
      'a time beyond the horizon',
      forecast('H: { over: 10m, before: 25m, tier: blue }'),
      'FORECAST_BEYOND_HORIZON points.gas.forecast.H.before',
    ],
    [
      'a step beyond the horizon',
      forecast('H: { over: 10m, steps: { blue: 30m, yellow: 5m } }'),
      'FORECAST_BEYOND_HORIZON points.gas.forecast.H.steps.blue',
    ],
    [
      'steps out of order',
      forecast('H: { over: 10m, steps: { blue: 5m, yellow: 10m } }'),
      'STEP_ORDER points.gas.forecast.H.steps.yellow',
    ],
    [
      'a time of nothing',
      forecast('H: { over: 10m, before: 0m, tier: blue }'),
      'DURATION_INVALID points.gas.forecast.H.before',
    ],
    [
      'a negative deadband',
      forecast('H: { over: 10m, before: 5m, deadband: -1, tier: blue }'),
      'DEADBAND_NEGATIVE points.gas.forecast.H.deadband',
    ],
    [
      'a gap that is always there',
      forecast('H: { over: 10m, before: 5m, maxGap: 9s, tier: blue }'),
      'GAP_TOO_NARROW points.gas.forecast.H.maxGap',
    ],
    [
      'a forecast with a hyphen',
      forecast('a-b: { over: 10m, before: 5m, tier: blue }'),
      'NAME_INVALID points.gas.forecast.a-b',
    ],
    [
      'a rate with a gap that is always there',
      profile('rate: { rising: { by: 1, over: 10m, maxGap: 5s, tier: blue } }'),
      'GAP_TOO_NARROW points.gas.rate.rising.maxGap',
    ],
  ])('%s is a fault', (_, files, expected) => {
    const errors = faultsOf(loadFiles(files)).filter((fault) => fault.severity === 'error');
    expect(
      errors
        .map(({ code, path }) => `${code} ${path}`)
        .sort()
        .join(', '),
    ).toBe(expected);
  });

  test.each([
    ['over: 10m, before: 25m', '30 min ahead, and 25 min with 5 min of deadband must be less than that: make it 24m'],
    ['over: 10m, before: 30m, deadband: 0', '30 min with 0 min of deadband must be less than that: make it 29m at'],
    ['over: 20s, before: 60s, deadband: 0', 'must be less than that: make it 59s at most, or the window longer'],
    ['over: 10m, before: 5m, deadband: 40', 'must be less than that: make the window longer'],
  ])('a forecast that cannot clear names the longest time that works: %s', (time, message) => {
    const fault = faultsOf(loadFiles(forecast(`H: { ${time}, tier: blue }`))).find(
      ({ code }) => code === 'FORECAST_BEYOND_HORIZON',
    );
    expect(fault?.message).toContain(message);
    const longest = /make it (\S+) at most/.exec(message)?.[1];
    if (longest === undefined) return;
    const mended = forecast(`H: { ${time.replace(/before: \w+/, `before: ${longest}`)}, tier: blue }`);
    expect(faultsOf(loadFiles(mended)).map(({ code }) => code)).not.toContain('FORECAST_BEYOND_HORIZON');
  });

  test('warn of a window that the reports do not fill', () => {
    const result = loadFiles(forecast('H: { over: 1m, before: 2m, tier: blue }'));
    expect(faultsOf(result).map(({ code, path }) => `${code} ${path}`)).toContain(
      'RATE_TOO_FEW_SAMPLES points.gas.forecast.H.over',
    );
  });

  test('a fault in one of them is all that is said, also where a device changes the others', () => {
    const files = {
      ...profile(`statistics: { ewma: { ${norm}, lambda: 2, tier: blue }, cusum: { ${norm}, tier: blue } }`),
      'devices/s.yaml':
        'site: s\ndevices: [{ id: a, profile: p, rules: { gas.cusum: { h: 4 }, gas.ewma: { limit: 2 } } }]',
    };
    const errors = faultsOf(loadFiles(files)).filter((fault) => fault.severity === 'error');
    expect(errors.map(({ code }) => code)).toEqual(['VALUE_INVALID']);
  });
});

describe('the gap of a rate', () => {
  const gaps = (mode: string, rate: string, override = '{}') => {
    const { devices: found } = configurationOf(
      loadFiles({
        'profiles/p.yaml': `profile: p\nreporting: { mode: ${mode}, interval: 10s }\npoints: { gas: { type: number, unit: kPa, rate: { rising: { by: 1, ${rate}, tier: blue } } } }`,
        'devices/s.yaml': `site: s\ndevices: [{ id: a, profile: p, rates: { gas: { rising: ${override} } } }]`,
      }),
    );
    return found.get('s/a')?.points[0]?.rates[0]?.maxGapMs;
  };

  test.each<[string, number | null | undefined, number | null]>([
    ['a third of the window', gaps('periodic', 'over: 5m'), 100_000],
    ['at least two intervals', gaps('periodic', 'over: 30s'), 20_000],
    ['any, where the device speaks on change', gaps('exception', 'over: 5m'), null],
    ['as told', gaps('exception', 'over: 5m, maxGap: 40s'), 40_000],
    ['that of the window of the device', gaps('periodic', 'over: 5m', '{ over: 10m }'), 200_000],
    ['as the profile tells, whatever the window', gaps('periodic', 'over: 5m, maxGap: 40s', '{ over: 10m }'), 40_000],
    ['as the device tells', gaps('periodic', 'over: 5m, maxGap: 40s', '{ maxGap: 60s }'), 60_000],
  ])('is %s', (_, found, expected) => {
    expect(found).toBe(expected);
  });
});

describe('what an operator reads', () => {
  function sentences(samples: readonly Readonly<Record<string, Value>>[]): string[][] {
    if (!plain) throw new Error('the fixture has no device plain');
    const watching = watch({ ...plain, profile: { ...plain.profile, absent: null } });
    samples.forEach((values, i) => {
      watching.read(10 * i, values);
    });
    return watching.changes.flatMap((change) => {
      if (!change.level || !change.rule) return [];
      const { en, zh } = alarmMessage(change, change.level);
      return [[en.slice('statistics / plain: '.length), zh.slice('statistics / plain：'.length)]];
    });
  }

  test('of a forecast', () => {
    const ramp = Array.from({ length: 41 }, (_, i) => ({ level: 60 + 0.2 * i }));
    expect(sentences(ramp)).toEqual([
      [
        'Level reaches high-high (92 %) in 20 min (alarm within 20 min), now 68 %',
        '液位预计 20 分钟后达到高高限值（92 %）（20 分钟内报警），当前 68 %',
      ],
    ]);
  });

  test('of a forecast to a value, and of a statistic', () => {
    expect(sentences([{ level: 99, flow: 30 }]).slice(0, 3)).toEqual([
      ['Level has reached high-high (92 %), now 99 %', '液位已达到高高限值（92 %），当前 99 %'],
      ['Level has reached 99 %, now 99 %', '液位已达到 99 %，当前 99 %'],
      ['flow has shifted from normal, now 30 m3/h, 5 σ (limit 3 σ)', 'flow偏离正常水平，当前 30 m3/h，5 σ（限值 3 σ）'],
    ]);
  });
});
