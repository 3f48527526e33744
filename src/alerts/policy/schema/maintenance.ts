import { type Static, Type } from '@sinclair/typebox';
import { name, POSITIVE, tier } from '../../../rules/schema/terms.ts';
import { CRON } from './terms.ts';

const person = { minLength: 1, maxLength: 200 };

const maintenanceWindow = Type.Object(
  {
    id: { ...name, description: 'Name of the window, in the list of bypasses.' },
    schedule: Type.String({ ...CRON, description: 'When it begins: minute hour day month weekday, in `timezone`.' }),
    length: Type.String({ ...POSITIVE, description: 'How long it lasts; at most `bypass.max` of the tiers it hides.' }),
    site: { ...name, description: 'Site whose alarms it suppresses.' },
    device: Type.Optional({ ...name, description: 'Only those of this device, by its id within the site.' }),
    profile: Type.Optional({ ...name, description: 'Only those of this device class.' }),
    upTo: { ...tier, default: 'yellow', description: 'Most urgent tier that it hides; what is worse breaks through.' },
    reason: Type.String({
      minLength: 4,
      maxLength: 1000,
      expects: 'a text of 4 to 1000 characters',
      description: 'Why, with the work order if there is one.',
    }),
    owner: Type.String({ ...person, description: 'Who answers for it.' }),
    approvedBy: Type.Optional(
      Type.String({ ...person, description: 'The second person; required where a tier that it hides needs one.' }),
    ),
  },
  { additionalProperties: false },
);

/** `maintenance` of davylamp.yaml. */
export const maintenanceSchema = Type.Array(maintenanceWindow, {
  default: [],
  description:
    'Planned times in which alarms are suppressed by design: judged, logged, counted and listed, and told to nobody.',
});

export type MaintenanceEntry = Static<typeof maintenanceWindow>;
