import { type Static, Type } from '@sinclair/typebox';
import { allow } from '../../../rules/schema/allow.ts';
import { inhibitSchema } from './inhibition.ts';
import { receiversSchema } from './receiver.ts';
import { calendarsSchema, rostersSchema } from './roster.ts';
import { routesSchema } from './route.ts';

/** routes.yaml. */
export const routingFileSchema = Type.Object(
  {
    receivers: receiversSchema,
    routes: routesSchema,
    rosters: rostersSchema,
    calendars: calendarsSchema,
    inhibit: inhibitSchema,
    allow,
  },
  { additionalProperties: false },
);

export type RoutingFile = Static<typeof routingFileSchema>;
