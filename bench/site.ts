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
  return `cab-${String(index).padStart(5, '0')}`;
}

export function telemetryTopic(index: number): string {
  return `v1/${SITE}/${deviceName(index)}/telemetry`;
}

/** Source milliseconds between two messages of a device: a device that reports every second, played fast. */
export const STEP_MS = 1000;
/** The first `seq`: so many digits that all have the same number of them. */
const FIRST_SEQ = 1_000_000;

/** A value of the first point beyond all its limits. */
export const FIRST_TRIP = 4.5;

/** A value of each point within all limits; `phase` in radians. */
export function ordinaryValues(phase: number): number[] {
  return POINTS.map(({ middle, swing }, point) => middle + swing * Math.sin(phase + point));
}

/** A native payload within all limits; those of one run all have the same number of bytes. */
export function ordinaryPayload(device: number, count: number, firstTs: number, stepMs: number): string {
  const values = ordinaryValues(count / 40 + device).map((value, point) => {
    const { id = '', digits = 0 } = POINTS[point] ?? {};
    return `"${id}":${value.toFixed(digits)}`;
  });
  const ts = firstTs + count * stepMs;
  return `{"ts":${ts},"seq":${FIRST_SEQ + count},"values":{${values.join(',')}}}`;
}

/** What is not as usual in a profile. */
export interface ProfileChanges {
  /** Of every limit; 2 s by default. */
  readonly onDelay?: string;
  /** How often the devices report, as the profile says. */
  readonly interval?: string;
  /** False = ladders alone. */
  readonly rates?: boolean;
  /** So many of the points; all by default. */
  readonly points?: number;
}

/** So many devices of the profile, as a file of devices holds them. */
export function siteEntry(devices: number): { readonly site: string; readonly devices: readonly object[] } {
  const entry = (_: unknown, index: number) => ({ id: deviceName(index), profile: PROFILE });
  return { site: SITE, devices: Array.from({ length: devices }, entry) };
}

/** The profile as a configuration file holds it (JSON is YAML). */
export function profileEntry(changes: ProfileChanges = {}): object {
  const { onDelay = '2s', interval = '1s', rates = true, points: most } = changes;
  const points = POINTS.slice(0, most).map(({ id, unit, range, limits, risingBy }) => {
    const deadband = (limits.H - limits.L) / 50;
    const ladder = Object.entries(limits).map(([name, at]) => [
      name,
      { at, deadband, onDelay, offDelay: '10s', tier: name.length === 2 ? 'orange' : 'yellow' },
    ]);
    return [
      id,
      {
        type: 'number',
        unit,
        range,
        limits: Object.fromEntries(ladder),
        ...(rates ? { rate: { rising: { by: risingBy, over: '60s', minSamples: 5, tier: 'yellow' } } } : {}),
        why: { cause: 'benchmark', consequence: 'none', action: 'none', responseTime: '10m' },
      },
    ];
  });
  return {
    profile: PROFILE,
    reporting: { mode: 'periodic', interval },
    absent: { after: '1h', tier: 'blue' },
    points: Object.fromEntries(points),
  };
}
