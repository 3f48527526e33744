import { Type } from '@sinclair/typebox';
import { type AlarmFigures, GROUPINGS } from '../alerts/statistics/figures.ts';
import { iso } from '../model/alarm-wire.ts';
import { TIERS } from '../model/tier.ts';
import { named, nullable, words } from './typebox.ts';
import { time } from './wire.ts';

const share = Type.Number({ description: '0 to 1.' });
const shareOrNone = Type.Union([Type.Number(), Type.Null()], { description: '0 to 1; null = nothing was promised.' });

const answers = Type.Object({
  count: Type.Integer(),
  medianMs: nullable(Type.Number()),
  p95Ms: nullable(Type.Number()),
  promisedMs: Type.Union([Type.Number(), Type.Null()], { description: 'What the tier promises now; null = nothing.' }),
  kept: Type.Integer(),
  missed: Type.Integer({ description: 'With those that still wait beyond their time.' }),
  keptShare: shareOrNone,
});

const byTier = <T>(read: (tier: (typeof TIERS)[number]) => T) => ({
  blue: read('blue'),
  yellow: read('yellow'),
  orange: read('orange'),
  red: read('red'),
});

export const figuresSchema = Type.Object(
  {
    alarms: Type.Integer({ description: 'Raises, hidden ones too; a case that comes back is another one.' }),
    calls: Type.Integer({ description: 'Raises, escalations and re-alarms that were shown.' }),
    perTenMinutes: Type.Number({ description: 'Calls of one operator, on average; and so on.' }),
    perHour: Type.Number(),
    perDay: Type.Number(),
    peakMinute: Type.Number(),
    peakTenMinutes: Type.Number(),
    peakHour: Type.Number(),
    overloadedShare: Type.Number({ description: 'Part of the 10-minute periods with more than 10 calls, 0 to 1.' }),
    floodShare: Type.Number({ description: 'Part of the time in flood, 0 to 1.' }),
    floods: Type.Array(Type.Object({ from: time, to: time })),
    byTier: Type.Object(byTier(() => Type.Object({ alarms: Type.Integer(), share }))),
    priorities: Type.Object(
      { low: share, medium: share, high: share },
      { description: 'Blue and yellow, orange, red; about 0.80, 0.15 and 0.05 is usual (EEMUA 191, as quoted).' },
    ),
    chattering: Type.Array(Type.Object({ key: Type.String(), alarms: Type.Integer() })),
    fleeting: Type.Integer(),
    stale: Type.Integer({ description: 'Alarms in force for 24 h or more.' }),
    staleAtOnce: Type.Integer(),
    staleNow: Type.Integer(),
    badActors: Type.Array(
      Type.Object({
        key: Type.String(),
        device: Type.String(),
        point: nullable(Type.String()),
        condition: Type.String(),
        tier: words(TIERS),
        count: Type.Integer(),
        share,
        chattering: Type.Integer(),
        fleeting: Type.Integer(),
        activeMs: Type.Number(),
      }),
      { description: 'The ten most frequent alarms.' },
    ),
    topTenShare: share,
    acknowledged: Type.Object(byTier(() => answers)),
    closed: Type.Object(byTier(() => answers)),
    hidden: Type.Object({
      shelved: Type.Integer(),
      suppressed: Type.Integer(),
      outOfService: Type.Integer(),
      raised: Type.Integer({ description: 'Raises that a bypass hid.' }),
      now: Type.Integer({ description: 'In force at the end, and hidden.' }),
    }),
    overdue: Type.Object({ acknowledge: Type.Integer(), report: Type.Integer(), close: Type.Integer() }),
    targets: Type.Array(
      Type.Object({
        name: Type.String(),
        value: Type.Number(),
        unit: words(['perHour', 'count', 'share']),
        target: Type.Number(),
        below: Type.Boolean({ description: 'true = met only below the target; false = up to it.' }),
        met: Type.Boolean(),
        source: Type.String(),
        verified: Type.Boolean({ description: 'false = from memory: look it up in the standard.' }),
      }),
    ),
  },
  { $id: 'AlarmFigures', description: 'How much is asked of the operators, and how well they are served.' },
);

export const statisticsSchema = Type.Object({
  from: time,
  to: time,
  operators: Type.Integer(),
  by: nullable(words(GROUPINGS)),
  all: named(figuresSchema),
  groups: Type.Array(Type.Object({ name: Type.String(), figures: named(figuresSchema) })),
});

/** Figures as the API tells them: times in ISO 8601. */
export function figuresWire(figures: AlarmFigures) {
  return { ...figures, floods: figures.floods.map(({ from, to }) => ({ from: iso(from), to: iso(to) })) };
}
