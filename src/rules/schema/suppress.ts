import { type Static, Type } from '@sinclair/typebox';
import { expression } from './rule-terms.ts';
import { DURATION, name, POINT_PATTERN, POSITIVE, tier, title } from './terms.ts';

const person = { minLength: 1, maxLength: 200 };

const entry = Type.Object(
  {
    id: { ...name, description: 'Name of the suppression, unique in the profile.' },
    title: Type.Optional({ ...title, description: 'What people call the state of the plant. Default: the id.' }),
    when: expression(
      'Condition over the points of the device, as "!pumpRunning". It hides while it is true by good and fresh values; ' +
        'what is bad, stale or missing ends it at once.',
    ),
    upTo: { ...tier, default: 'yellow', description: 'Most urgent tier that it hides; what is worse breaks through.' },
    points: Type.Optional(
      Type.Array(Type.String({ pattern: POINT_PATTERN, expects: 'the name of a point' }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Points whose alarms it hides. Default, without `rules`: everything of the device.',
      }),
    ),
    rules: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Rules whose alarms it hides, by id, as outletPressure.falling.',
      }),
    ),
    onDelay: Type.String({ ...DURATION, default: '0s', description: 'How long it must be true before it hides.' }),
    offDelay: Type.String({
      ...DURATION,
      default: '0s',
      description: 'How long it must be false before it ends: the time that the plant takes to come up.',
    }),
    max: Type.Optional(
      Type.String({
        ...POSITIVE,
        description:
          'It ends after so long at the latest, and what holds is announced; it hides again only when its condition was ' +
          'false in between. Default: as long as the state of the plant lasts.',
      }),
    ),
    reason: Type.String({ minLength: 1, maxLength: 1000, description: 'Why alarms mean nothing in this state.' }),
    owner: Type.String({ ...person, description: 'Who answers for it.' }),
    approvedBy: Type.Optional(
      Type.String({ ...person, description: 'The second person; required where a tier that it hides needs one.' }),
    ),
  },
  { additionalProperties: false },
);

/** The `suppress` of a profile. */
export const suppress = Type.Optional(
  Type.Array(entry, {
    description:
      'States of the plant in which alarms of a device are suppressed by design (ISA-18.2): judged, logged, counted and ' +
      'listed, and told to nobody.',
  }),
);

export type SuppressEntry = Static<typeof entry>;
