export const WHY = 'why: { cause: a, consequence: b, action: c, responseTime: 10m }';
export const SOUND = 'type: number, unit: kPa, range: [0, 100]';

/** A profile of one point, as flow YAML. */
export const point = (text: string, more = '') => ({
  'profiles/p.yaml': `profile: p\n${more}\npoints: { x: { ${text} } }\n`,
});
export const limits = (text: string, more = '') => point(`${SOUND}, ${more} limits: { ${text} }`);
export const gas = (unit: string, kind: string, text: string) =>
  point(`type: number, unit: "${unit}", range: [-5, 1000000], bad: { tier: blue }, ${kind} limits: { ${text} }`);
export const H = (at: number, more = '') => `H: { at: ${at}, deadband: 0.1, latch: true, tier: yellow ${more} }`;
export const HH = (at: number, more = '') => `HH: { at: ${at}, deadband: 0.1, latch: true, tier: yellow ${more} }`;

export const PROFILE = `profile: p
reporting: { interval: 10s }
points:
  x:
    ${SOUND.replaceAll(', ', '\n    ').replace('[0\n    100]', '[0, 100]')}
    limits: { H: { at: 50, onDelay: 5s, tier: orange, latch: true }, L: { at: 10, tier: yellow } }
    rate: { rising: { by: 20, over: 60s, tier: yellow } }
    state: { alarm: 0, tier: blue }
    bad: { tier: blue }
    ${WHY}
`;
export const device = (text: string) => ({
  'profiles/p.yaml': PROFILE,
  'devices/s.yaml': `site: s\ndevices: [{ id: d, profile: p, ${text} }]`,
});
export const routes = (text: string) => ({
  ...device('tags: []'),
  'routes.yaml': `receivers: { a: { webhook: { url: "https://a.example/", secret: "\${S}" } } }\nroutes: ${text}\n`,
});

/** Every bad rule, with the number that it gets and where. */
export const BAD_RULES: readonly (readonly [string, Record<string, string>, string, string])[] = [
  // Cannot work: refused.
  ['limits out of order', limits(`${H(60)}, ${HH(50)}`), 'DL201', 'points.x.limits.HH.at'],
  ['a limit beyond the range', limits(H(120)), 'DL202', 'points.x.limits.H.at'],
  [
    'HH calmer than H',
    limits(`H: { at: 50, tier: yellow }, HH: { at: 60, tier: blue }`),
    'DL203',
    'points.x.limits.HH.tier',
  ],
  ['a negative deadband', limits('H: { at: 50, deadband: -1, tier: blue }'), 'DL204', 'points.x.limits.H.deadband'],
  [
    'a deadband nothing clears',
    limits('H: { at: 50, deadband: 60, tier: blue }'),
    'DL205',
    'points.x.limits.H.deadband',
  ],
  ['a limit every value trips', limits('L: { at: 100, deadband: 0, tier: blue }'), 'DL207', 'points.x.limits.L.at'],
  [
    'a rate beyond the range',
    point(`${SOUND}, rate: { rising: { by: 200, over: 10m, tier: blue } }`),
    'DL208',
    'points.x.rate.rising.by',
  ],
  ['a number whose loss nobody is told of', limits(H(50)), 'DL221', 'points.x'],
  [
    'a calculated number whose input is lost in silence',
    {
      'profiles/p.yaml': `profile: p\npoints: { x: { ${SOUND} }, y: { ${SOUND}, calc: "x * 2.0", limits: { ${H(50)} } } }`,
    },
    'DL221',
    'points.x',
  ],
  ['red without a why', limits('H: { at: 50, tier: red }'), 'DL210', 'points.x.why'],
  ['orange without an action', limits('H: { at: 50, tier: orange }', 'why: { cause: a },'), 'DL210', 'points.x.why'],
  ['silence within the interval', point(SOUND, 'absent: { after: 5s }'), 'DL211', 'absent.after'],
  ['a range upside down', point('type: number, range: [5, 1]'), 'DL230', 'points.x.range'],
  ['a limit on a boolean', point('type: boolean, limits: { H: { at: 1, tier: blue } }'), 'DL232', 'points.x.limits.H'],
  ['a misspelt key', limits('H: { at: 50, deadbnd: 1, tier: blue }'), 'DL109', 'points.x.limits.H.deadbnd'],
  ['an override of no day', device('limits: { x: { H: { at: 40, change: M, expires: 2027-02-30 } } }'), 'DL120', ''],
  ['an override of no date', device('limits: { x: { H: { at: 40, change: M, expires: soon } } }'), 'DL120', ''],
  ['an override of no point', device('limits: { y: { H: { at: 40 } } }'), 'DL301', 'devices[0].limits.y'],

  // Works, and chatters or comes late.
  [
    'a deadband beyond the step',
    limits(`${H(50)}, HH: { at: 60, deadband: 20, latch: true, tier: yellow }`),
    'DL206',
    '',
  ],
  [
    'a window of too few samples',
    point(`${SOUND}, rate: { rising: { by: 20, over: 60s, tier: blue } }`),
    'DL209',
    'points.x.rate.rising.over',
  ],
  ['no deadband', limits('H: { at: 50, deadband: 0, tier: blue }'), 'DL212', 'points.x.limits.H.deadband'],
  [
    'no deadband for want of a range',
    point('type: number, unit: kPa, limits: { H: { at: 1, tier: blue } }'),
    'DL212',
    '',
  ],
  [
    'a rate without a deadband',
    point(`${SOUND}, rate: { rising: { by: 20, over: 10m, deadband: 0, tier: blue } }`),
    'DL212',
    'points.x.rate.rising.deadband',
  ],
  ['HH later than H', limits(`${H(50)}, ${HH(60, ', onDelay: 5s')}`), 'DL213', 'points.x.limits.HH.onDelay'],
  [
    'LL later than L',
    limits('L: { at: 20, onDelay: 5s, tier: blue }, LL: { at: 10, onDelay: 6s, tier: blue }'),
    'DL213',
    'points.x.limits.LL.onDelay',
  ],
  [
    'silence told too late',
    point(`${SOUND}, ${WHY}, limits: { H: { at: 50, tier: orange } }`, 'absent: { after: 5m }'),
    'DL214',
    'absent.after',
  ],
  [
    'a delay of half the response',
    limits('H: { at: 50, onDelay: 5m, tier: yellow }', `${WHY},`),
    'DL215',
    'points.x.limits.H.onDelay',
  ],
  [
    'a window of half the response',
    point(`${SOUND}, ${WHY}, rate: { rising: { by: 20, over: 5m, tier: yellow } }`),
    'DL215',
    'points.x.rate.rising.over',
  ],
  [
    'a state told after half the response',
    point(`type: boolean, ${WHY}, state: { alarm: true, onDelay: 6m, tier: yellow }`),
    'DL215',
    'points.x.state.onDelay',
  ],
  [
    'silence of a red point untold',
    point(`${SOUND}, ${WHY}, limits: { H: { at: 50, tier: red } }`, 'absent: never'),
    'DL216',
    'absent',
  ],
  ['a limit at the end of the range', limits(H(100)), 'DL217', 'points.x.limits.H.at'],
  ['no unit', point('type: number, range: [0, 9], limits: { H: { at: 5, tier: blue } }'), 'DL218', 'points.x.unit'],
  [
    'no range',
    point('type: number, unit: kPa, limits: { H: { at: 5, deadband: 1, tier: blue } }'),
    'DL219',
    'points.x.range',
  ],
  ['a point nothing watches', point('type: boolean'), 'DL220', 'points.x'],

  // Overrides.
  ['an override nobody approved', device('limits: { x: { H: { at: 40 } } }'), 'DL310', 'devices[0].limits.x.H'],
  ['a set point further out', device('limits: { x: { H: { at: 60 } } }'), 'DL311', 'devices[0].limits.x.H'],
  ['a low set point further out', device('limits: { x: { L: { at: 5 } } }'), 'DL311', 'devices[0].limits.x.L'],
  ['a longer delay', device('limits: { x: { H: { onDelay: 9s } } }'), 'DL311', 'devices[0].limits.x.H'],
  ['a calmer tier', device('limits: { x: { H: { tier: yellow } } }'), 'DL311', 'devices[0].limits.x.H'],
  ['a latch taken off', device('limits: { x: { H: { latch: false } } }'), 'DL311', 'devices[0].limits.x.H'],
  ['a flatter slope', device('rates: { x: { rising: { over: 50s } } }'), 'DL311', 'devices[0].rates.x.rising'],
  ['a rule told later', device('rules: { x.state: { onDelay: 5s } }'), 'DL311', 'devices[0].rules.x.state'],
  [
    'an override that has expired',
    device('limits: { x: { H: { at: 60, change: MOC-7, expires: 2027-06-29 } } }'),
    'DL312',
    'devices[0].limits.x.H.expires',
  ],
  [
    'a ceiling passed by one device',
    {
      ...gas('%LEL', '', H(20)),
      'devices/s.yaml': 'site: s\ndevices: [{ id: d, profile: p, limits: { x: { H: { at: 30, change: M } } } }]',
    },
    'DL601',
    'devices[0].limits.x.H.at',
  ],

  // Routes.
  ['a tier no route takes', routes('[{ match: { tier: [red, orange, yellow] }, to: [a] }]'), 'DL404', 'routes'],
  ['a route in the shade', routes('[{ to: [a] }, { match: { tier: yellow }, to: [a] }]'), 'DL405', 'routes[1]'],
  [
    'a route below in the shade',
    routes('[{ to: [a], routes: [{ match: { site: s } }, { match: { tier: blue } }] }]'),
    'DL405',
    'routes[0].routes[1]',
  ],
  ['a route no alarm reaches', routes('[{ match: { tier: red }, to: [a] }, { to: [a] }]'), 'DL406', 'routes[0]'],
  [
    'a route that contradicts the one above',
    routes('[{ match: { tier: orange }, to: [a], routes: [{ match: { tier: blue } }] }, { to: [a] }]'),
    'DL406',
    'routes[0].routes[0]',
  ],

  // Ceilings.
  ['level 1 above 25 %LEL', gas('%LEL', '', H(25.1)), 'DL601', 'points.x.limits.H.at'],
  ['level 1 called HH', gas('%LEL', '', HH(30)), 'DL601', 'points.x.limits.HH.at'],
  ['level 2 above 50 %LEL', gas('%LEL', '', `${H(25)}, ${HH(50.1)}`), 'DL602', 'points.x.limits.HH.at'],
  [
    'level 1 above 25 % of the LEL in %VOL',
    gas('%VOL', 'gas: { kind: combustible, lel: { at: 5, basis: methane } },', H(1.3)),
    'DL601',
    'points.x.limits.H.at',
  ],
  [
    'level 2 above 50 % of the LEL in ppm',
    gas('ppm', 'gas: { kind: combustible, lel: { at: 4, basis: hydrogen } },', `${H(10000)}, ${HH(20001)}`),
    'DL602',
    'points.x.limits.HH.at',
  ],
  ['level 1 above 100 %OEL', gas('%OEL', '', H(101)), 'DL603', 'points.x.limits.H.at'],
  [
    'level 1 above the OEL in mg/m³',
    gas('mg/m3', 'gas: { kind: toxic, oel: { at: 10, basis: H2S } },', H(11)),
    'DL603',
    'points.x.limits.H.at',
  ],
  [
    'level 2 above twice the OEL in ppm',
    gas('ppm', 'gas: { kind: toxic, oel: { at: 7, basis: H2S } },', `${H(7)}, ${HH(15)}`),
    'DL604',
    'points.x.limits.HH.at',
  ],
  [
    'oxygen told too low',
    gas('%VOL', 'gas: { kind: oxygen },', 'L: { at: 18, deadband: 0.2, tier: yellow }'),
    'DL605',
    'points.x.limits.L.at',
  ],
  [
    'oxygen told too high',
    gas('%VOL', 'gas: { kind: oxygen },', `L: { at: 19.5, deadband: 0.2, tier: yellow }, ${H(24)}`),
    'DL606',
    'points.x.limits.H.at',
  ],
  ['a line above 1 LEL·m', gas('LEL·m', '', H(1.5)), 'DL607', 'points.x.limits.H.at'],
  ['a line above 2 LEL·m', gas('LEL.m', '', `${H(1)}, ${HH(2.5)}`), 'DL608', 'points.x.limits.HH.at'],
  ['oxygen without a low limit', gas('%VOL', 'gas: { kind: oxygen },', H(23.5)), 'DL609', 'points.x.limits'],
  ['a gas alarm that waits', gas('%LEL', '', H(20, ', onDelay: 11s')), 'DL620', 'points.x.limits.H.onDelay'],
  [
    'a gas alarm that clears itself',
    gas('%LEL', '', 'H: { at: 20, deadband: 2, tier: yellow }'),
    'DL621',
    'points.x.limits.H.latch',
  ],
  ['no LEL base', gas('%LEL', 'gas: { kind: combustible },', H(20)), 'DL630', 'points.x.gas.lel'],
  ['no OEL', gas('ppm', 'gas: { kind: toxic },', H(20)), 'DL631', 'points.x.gas.oel'],
  ['a kind that does not fit the unit', gas('%LEL', 'gas: { kind: oxygen },', H(20)), 'DL632', 'points.x.unit'],
  ['ppm of what', gas('ppm', '', H(20)), 'DL633', 'points.x.gas'],

  // Allowances.
  ['an error allowed', limits(H(120), 'allow: [{ finding: DL202, reason: "we like it so" }],'), 'DL131', ''],
  ['a finding nobody knows', limits(H(50), 'allow: [{ finding: DL999, reason: "we like it so" }],'), 'DL130', ''],
  ['a reason without need', limits(H(50), 'allow: [{ finding: DL212, reason: "noise is low" }],'), 'DL132', ''],
];
