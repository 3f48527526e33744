import { type Static, Type } from '@sinclair/typebox';
import { name, POINT_PATTERN, POSITIVE } from '../../../rules/schema/terms.ts';
import { CRON, receiverName } from './terms.ts';

const values = Type.Record(
  Type.String({ pattern: POINT_PATTERN }),
  Type.Union([Type.Number(), Type.Boolean(), Type.String()], {
    expects: 'a number, true or false, or a text',
    description: 'Value of this point.',
  }),
  { additionalProperties: false, minProperties: 1, names: 'this is not the name of a point' },
);

const drill = Type.Object(
  {
    id: { ...name, description: 'Name of the drill.' },
    schedule: Type.String({ ...CRON, description: 'When it begins: minute hour day month weekday, in `timezone`.' }),
    device: Type.String({
      minLength: 3,
      maxLength: 129,
      expects: 'site/device',
      description: 'Key of the device in whose name the readings are sent, as `wujin-gas/cab-001`.',
    }),
    values: { ...values, description: 'Values that must raise the alarm; each a reported point of the device.' },
    back: { ...values, description: 'Values that end it.' },
    expect: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'The condition that must be raised, as `outletPressure.HH`.',
    }),
    raisedWithin: Type.String({ ...POSITIVE, default: '1m', description: 'Time in which it must be raised.' }),
    receivers: Type.Array(receiverName, {
      default: [],
      uniqueItems: true,
      description: 'Receivers that must have it. Default: all that it is routed to.',
    }),
    deliveredWithin: Type.String({ ...POSITIVE, default: '2m', description: 'Time in which they must have it.' }),
    acknowledgedWithin: Type.Optional(
      Type.String({ ...POSITIVE, description: 'Time in which a person must acknowledge. Default: nobody need.' }),
    ),
    failTo: Type.Array(receiverName, {
      minItems: 1,
      uniqueItems: true,
      description: 'Receivers that hear of a failed drill; one of them at least is none of `receivers`.',
    }),
  },
  { additionalProperties: false },
);

/** `drills` of davylamp.yaml. */
export const drillsSchema = Type.Array(drill, {
  default: [],
  description:
    'Scheduled exercises from the broker to the acknowledgement, with `status: exercise`: never counted in statistics.',
});

export type DrillEntry = Static<typeof drill>;
