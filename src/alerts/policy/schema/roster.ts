import { type Static, Type } from '@sinclair/typebox';
import { NAME_PATTERN, title } from '../../../rules/schema/terms.ts';
import { names, oneOrMany, receiverName } from './terms.ts';

/** Days of the week as they are written, Monday first. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const weekday = Type.Union([...WEEKDAYS.map((day) => Type.Literal(day)), Type.Integer({ minimum: 1, maximum: 7 })], {
  expects: 'one of mon, tue, wed, thu, fri, sat, sun, or 1 (Monday) to 7',
});

const hours = Type.String({
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  expects: 'hours as "08:00-20:00"',
});

/** When a turn or a route applies. */
export const when = Type.Object(
  {
    weekdays: Type.Optional({ ...oneOrMany(weekday), description: '`mon` to `sun`, or 1 (Monday) to 7.' }),
    hours: Type.Optional({
      ...oneOrMany(hours),
      description:
        'As "08:00-20:00", the end not included, in `timezone`. What goes past midnight, as "20:00-08:00", belongs to ' +
        'the day on which it begins.',
    }),
    calendars: Type.Optional({ ...names, description: 'Only on days of one of these calendars.' }),
    except: Type.Optional({ ...names, description: 'Not on days of these calendars.' }),
  },
  { additionalProperties: false, minProperties: 1 },
);

const roster = Type.Object(
  {
    turns: Type.Array(
      Type.Object(
        {
          when: { ...when, description: 'Every part that is there must apply.' },
          to: Type.Array(receiverName, { minItems: 1, uniqueItems: true, description: 'Receivers on duty then.' }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, description: 'The first that applies counts.' },
    ),
    otherwise: Type.Array(receiverName, {
      minItems: 1,
      uniqueItems: true,
      description: 'Receivers on duty when no turn applies: there is always somebody.',
    }),
  },
  { additionalProperties: false },
);

/** `rosters` of routes.yaml. */
export const rostersSchema = Type.Record(Type.String({ pattern: NAME_PATTERN }), roster, {
  additionalProperties: false,
  default: {},
  description: 'Duty rosters: names that stand for other receivers at other times.',
  names: 'a roster name is a letter or digit, then up to 63 letters, digits, dots, underscores or hyphens',
});

const date = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  faultCode: 'DATE_INVALID',
  expects: 'a day, as 2026-10-01',
});

const days = Type.Object(
  {
    from: { ...date, description: 'First day, as 2026-10-01.' },
    to: Type.Optional({ ...date, description: 'Last day. Default: the first.' }),
    title: Type.Optional({ ...title, description: 'Name for people. Default: that of the calendar.' }),
  },
  { additionalProperties: false },
);

/** `calendars` of routes.yaml. */
export const calendarsSchema = Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.Array(days, { minItems: 1 }), {
  additionalProperties: false,
  default: {},
  description: 'Days by name: holidays, key periods.',
  names: 'a calendar name is a letter or digit, then up to 63 letters, digits, dots, underscores or hyphens',
});

export type WhenEntry = Static<typeof when>;
export type RosterEntry = Static<typeof roster>;
export type DaysEntry = Static<typeof days>;
