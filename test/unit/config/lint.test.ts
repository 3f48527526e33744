import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../src/config/fault.ts';
import { findingKind } from '../../../src/config/findings.ts';
import type { LoadOptions } from '../../../src/config/load.ts';
import { BAD_RULES, device, gas, H, HH, limits, PROFILE, point, routes, SOUND, WHY } from './bad-rules.ts';
import { faultsOf, GOOD_SECRET, loadFiles, withoutDevicesNone } from './directory.ts';

const JUNE = Date.parse('2027-06-30T15:59:59Z');

function findings(files: Record<string, string>, options: LoadOptions = { now: JUNE }): readonly Fault[] {
  return withoutDevicesNone(loadFiles(files, { S: GOOD_SECRET }, options).findings);
}

describe('a bad rule gets its number', () => {
  test('and there are more than forty of them', () => {
    expect(BAD_RULES.length).toBeGreaterThan(40);
  });

  test.each(BAD_RULES)('%s: %#', (_, files, number, path) => {
    const found = findings(files).filter((fault) => fault.number === number);
    expect(found.map(({ path: place }) => place).filter((place) => path === '' || place === path)).not.toEqual([]);
    for (const { severity, code, line, message } of found) {
      expect(severity).toBe(findingKind(code).severity);
      expect(line).not.toBeNull();
      expect(message.length).toBeGreaterThan(10);
    }
  });
});

describe('what is right is not warned of', () => {
  test.each<[string, Record<string, string>]>([
    [
      'level 1 and 2 at the ceiling',
      gas('% LEL', 'gas: { kind: combustible, lel: { at: 5, basis: methane } },', `${H(25)}, ${HH(50)}`),
    ],
    [
      '%VOL at the ceiling',
      gas('%vol', 'gas: { kind: combustible, lel: { at: 5, basis: methane } },', `${H(1.25)}, ${HH(2.5)}`),
    ],
    ['toxic at the ceiling', gas('%OEL', '', `${H(100)}, ${HH(200)}`)],
    ['a line at the ceiling', gas('LEL·m', '', `${H(1)}, ${HH(2)}`)],
    [
      'oxygen',
      gas(
        '%VOL',
        'gas: { kind: oxygen },',
        'L: { at: 19.5, deadband: 0.2, tier: yellow }, H: { at: 23.5, deadband: 0.2, tier: yellow }',
      ),
    ],
    ['process gas in ppm', gas('ppm', 'gas: { kind: other },', H(5000))],
    ['a percentage of something else', gas('%', '', H(99))],
    ['a stricter override with its change', device('limits: { x: { H: { at: 40, change: MOC-7 } } }')],
    ['a weaker override with its change', device('limits: { x: { H: { at: 60, change: MOC-7 } } }')],
    ['an override on its last day', device('limits: { x: { H: { at: 60, change: M, expires: 2027-06-30 } } }')],
    ['routes that share by continue', routes('[{ to: [a], continue: true }, { match: { tier: yellow }, to: [a] }]')],
    [
      'silence of a device that speaks on change only',
      point(
        `${SOUND}, ${WHY}, bad: { tier: blue }, limits: { H: { at: 50, tier: red } }`,
        'reporting: { mode: exception }',
      ),
    ],
    [
      'a point that another is compared with',
      {
        'profiles/p.yaml': `profile: p\npoints: { x: { ${SOUND}, deviation: { from: sp, high: { by: 9, tier: blue } } }, sp: { ${SOUND} } }`,
      },
    ],
  ])('%s', (_, files) => {
    expect(
      findings(files)
        .filter(({ code }) => code !== 'ALARMS_UNREACHED')
        .map(({ number, message }) => [number, message]),
    ).toEqual([]);
  });

  test('without the day, no override has expired', () => {
    const files = device('limits: { x: { H: { at: 60, change: M, expires: 1999-01-01 } } }');
    expect(findings(files, {}).map(({ code }) => code)).not.toContain('OVERRIDE_EXPIRED');
  });

  test('the day is that of the configured time zone', () => {
    const files = device('limits: { x: { H: { at: 60, change: M, expires: 2027-06-30 } } }');
    const expired = (now: number, timezone: string) =>
      findings({ ...files, 'davylamp.yaml': `timezone: ${timezone}` }, { now }).some(
        ({ code }) => code === 'OVERRIDE_EXPIRED',
      );
    expect(expired(JUNE, 'Asia/Shanghai')).toBe(false);
    expect(expired(JUNE + 1000, 'Asia/Shanghai')).toBe(true);
    expect(expired(JUNE + 1000, 'UTC')).toBe(false);
  });
});

describe('an allowance', () => {
  const noisy = 'H: { at: 50, deadband: 0, tier: blue }';
  const allow = 'allow: [{ finding: DL212, reason: "a switch, not a signal" }]';

  test('of a point keeps its finding from being a warning, with the reason', () => {
    const result = loadFiles(limits(noisy, `${allow},`));
    expect(faultsOf(result)).toEqual([]);
    expect(withoutDevicesNone(result.findings)).toMatchObject([{ number: 'DL212', allowed: 'a switch, not a signal' }]);
  });

  test('of a file holds for all of it', () => {
    expect(faultsOf(loadFiles(point(`${SOUND}, limits: { ${noisy} }`, allow)))).toEqual([]);
  });

  test('of another point, file or number changes nothing', () => {
    const other = `profile: p\npoints: { x: { ${SOUND}, limits: { ${noisy} } }, xy: { ${SOUND}, limits: { ${noisy} }, ${allow} } }`;
    const found = faultsOf(loadFiles({ 'profiles/p.yaml': other }));
    expect(found.map(({ number, path }) => `${number} ${path}`)).toEqual(['DL212 points.x.limits.H.deadband']);
  });

  test('of a device holds for its overrides', () => {
    const text = 'limits: { x: { H: { at: 60 } } }, allow: [{ finding: DL311, reason: "trial until autumn" }]';
    expect(findings(device(text)).filter(({ number }) => number === 'DL311')).toMatchObject([
      { severity: 'warning', allowed: 'trial until autumn' },
    ]);
  });

  test('needs a reason', () => {
    const files = limits(noisy, 'allow: [{ finding: DL212, reason: "" }],');
    expect(findings(files).map(({ code, path }) => `${code} ${path}`)).toContain(
      'VALUE_INVALID points.x.allow[0].reason',
    );
  });
});

describe('rule tests', () => {
  const profile = { 'profiles/p.yaml': PROFILE };
  const found = (names: readonly string[]) => {
    const untested = names.map((name) => ({ profile: 'p', name }));
    return findings(profile, { tested: () => ({ untested, failing: [] }) }).map(
      ({ number, path }) => `${number} ${path}`,
    );
  };

  test('that leave something out are told where it stands', () => {
    expect(found(['x.H', 'x.rising', 'x.state', 'absent'])).toEqual([
      'DL281 absent',
      'DL281 points.x.limits.H',
      'DL281 points.x.rate.rising',
      'DL281 points.x.state.tier',
    ]);
  });

  test('that are missing altogether are told once', () => {
    expect(found(['x.H', 'x.L', 'x.rising', 'x.state', 'x.bad', 'absent'])).toEqual(['DL280 ']);
  });
});
