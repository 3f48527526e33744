import { type Static, Type } from '@sinclair/typebox';
import { CRON, receiverName } from './terms.ts';

/** `report` of davylamp.yaml. */
export const reportSchema = Type.Optional(
  Type.Object(
    {
      schedule: Type.String({
        ...CRON,
        description: 'When it is made: minute hour day month weekday, in `timezone`, as "0 8 * * *".',
      }),
      to: Type.Array(receiverName, { default: [], uniqueItems: true, description: 'Receivers of its summary.' }),
    },
    { additionalProperties: false, description: 'Daily rolling assessment (每日滚动研判). Default: none is made.' },
  ),
);

export type ReportEntry = NonNullable<Static<typeof reportSchema>>;
