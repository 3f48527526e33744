/** The site that all benchmarks play: gas cabinets of four points, each with a full ladder and a rate rule. */
export const SITE = 'bench-site';
export const PROFILE = 'bench-cabinet';

/** One measured point. `digits` and the swing keep every value of the same printed length. */
interface BenchPoint {
  readonly id: string;
  readonly unit: string;
  readonly range: readonly [number, number];
  readonly middle: number;
  readonly swing: number;
  readonly digits: number;
  readonly limits: Readonly<Record<'LL' | 'L' | 'H' | 'HH', number>>;
  /** Change within a minute that trips the rate rule. */
  readonly risingBy: number;
}

export const POINTS: readonly BenchPoint[] = [
  {
    id: 'outletPressure',
    unit: 'kPa',
    range: [0, 10],
    middle: 2.5,
    swing: 0.3,
    digits: 3,
    limits: { LL: 1, L: 1.5, H: 3.2, HH: 4 },
    risingBy: 2,
  },
  {
    id: 'inletPressure',
    unit: 'kPa',
    range: [0, 800],
    middle: 300,
    swing: 40,
    digits: 1,
    limits: { LL: 120, L: 160, H: 420, HH: 500 },
    risingBy: 200,
  },
  {
    id: 'temperature',
    unit: '°C',
    range: [-40, 120],
    middle: 30,
    swing: 6,
    digits: 2,
    limits: { LL: -20, L: 0, H: 55, HH: 70 },
    risingBy: 30,
  },
  {
    id: 'gasLevel',
    unit: '%LEL',
    range: [0, 100],
    middle: 4,
    swing: 1.5,
    digits: 2,
    limits: { LL: 0.2, L: 0.5, H: 20, HH: 40 },
    risingBy: 12,
  },
];

export function deviceName(index: number): string {
  return `cab-${String(index).padStart(3, '0')}`;
}

export function telemetryTopic(index: number): string {
  return `v1/${SITE}/${deviceName(index)}/telemetry`;
}

/** Source milliseconds between two messages of a device: a device that reports every second, played fast. */
export const STEP_MS = 1000;
/** The first `seq`: so many digits that all have the same number of them. */
const FIRST_SEQ = 1_000_000;

/** A native payload within all limits; those of one run all have the same number of bytes. */
export function ordinaryPayload(device: number, count: number, firstTs: number): string {
  const values = POINTS.map(({ id, middle, swing, digits }, point) => {
    const value = middle + swing * Math.sin(count / 40 + device + point);
    return `"${id}":${value.toFixed(digits)}`;
  });
  const ts = firstTs + count * STEP_MS;
  return `{"ts":${ts},"seq":${FIRST_SEQ + count},"values":{${values.join(',')}}}`;
}

/** The profile as a configuration file holds it (JSON is YAML). */
export function profileEntry(): object {
  const points = POINTS.map(({ id, unit, range, limits, risingBy }) => {
    const deadband = (limits.H - limits.L) / 50;
    const ladder = Object.entries(limits).map(([name, at]) => [
      name,
      { at, deadband, onDelay: '2s', offDelay: '10s', tier: name.length === 2 ? 'orange' : 'yellow' },
    ]);
    return [
      id,
      {
        type: 'number',
        unit,
        range,
        limits: Object.fromEntries(ladder),
        rate: { rising: { by: risingBy, over: '60s', minSamples: 5, tier: 'yellow' } },
        why: { cause: 'benchmark', consequence: 'none', action: 'none', responseTime: '10m' },
      },
    ];
  });
  return {
    profile: PROFILE,
    reporting: { mode: 'periodic', interval: '1s' },
    absent: { after: '1h', tier: 'blue' },
    points: Object.fromEntries(points),
  };
}
