import { Type } from '@sinclair/typebox';
import { iso, isoOrNull } from '../model/alarm-wire.ts';
import { BYPASS_ENDS, BYPASS_KINDS, type Bypass } from '../model/bypass.ts';
import { TIERS } from '../model/tier.ts';
import { nullable, words } from './typebox.ts';

const time = Type.String({ description: 'ISO 8601, UTC.' });

export const BYPASS_STATES = ['requested', 'active', 'over'] as const;

export const bypassSchema = Type.Object(
  {
    id: Type.String({ examples: ['byp_01J00000000000000000000000'] }),
    kind: words(BYPASS_KINDS),
    scope: Type.Object({
      alarm: Type.Union([Type.String(), Type.Null()], { description: 'Key of the only alarm that it hides.' }),
      site: Type.String(),
      device: nullable(Type.String()),
      profile: nullable(Type.String()),
      point: nullable(Type.String()),
      rule: nullable(Type.String()),
    }),
    upTo: words(TIERS, { description: 'Most urgent tier that it hides.' }),
    oneShot: Type.Boolean({ description: 'Ends with the condition.' }),
    reason: Type.String(),
    owner: Type.String(),
    approvedBy: Type.Union([Type.String(), Type.Null()], { description: 'The second person.' }),
    origin: Type.Object({
      kind: words(['person', 'rule', 'window']),
      id: Type.Union([Type.String(), Type.Null()], { description: 'Of the rule or window.' }),
    }),
    replacement: Type.Union([Type.String(), Type.Null()], { description: 'What protects meanwhile.' }),
    workOrder: nullable(Type.String()),
    state: words(BYPASS_STATES),
    requestedAt: time,
    lengthMs: Type.Union([Type.Number(), Type.Null()], { description: 'How long it hides from its beginning.' }),
    from: nullable(time),
    until: Type.Union([time, Type.Null()], { description: 'When it ends by itself, or a request lapses.' }),
    warnedAt: nullable(time),
    endedAt: nullable(time),
    endedBy: nullable(Type.String()),
    end: nullable(words(BYPASS_ENDS)),
    hidden: Type.Integer({ description: 'Alarms it has hidden so far.' }),
  },
  { $id: 'Bypass', description: 'Something that hides alarms, with who answers for it.' },
);

/** A bypass as the API tells it. */
export function bypassWire({ since: _since, origin, ...bypass }: Bypass) {
  return {
    ...bypass,
    origin: { kind: origin.kind, id: origin.kind === 'person' ? null : origin.id },
    requestedAt: iso(bypass.requestedAt),
    from: isoOrNull(bypass.from),
    until: isoOrNull(bypass.until),
    warnedAt: isoOrNull(bypass.warnedAt),
    endedAt: isoOrNull(bypass.endedAt),
  };
}
