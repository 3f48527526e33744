import { type Static, Type } from '@sinclair/typebox';
import { POSITIVE, title } from '../../../rules/schema/terms.ts';
import { DURATION_OR_NONE } from './terms.ts';

/** What is promised of a tier where nothing is said. */
interface Standard {
  readonly acknowledgeWithin: string;
  readonly reportWithin: string;
  readonly closeWithin: string;
  readonly repeat: string;
  readonly realarm: string;
  readonly max: string;
  readonly secondPerson: boolean;
}

function tierSettings(standard: Standard) {
  return Type.Object(
    {
      title: Type.Optional({ ...title, description: 'Name for people, in messages. Default: the colour.' }),
      acknowledgeWithin: Type.String({
        ...POSITIVE,
        default: standard.acknowledgeWithin,
        description: 'Time in which somebody is to acknowledge. Then the alarm is overdue, and escalates.',
      }),
      reportWithin: Type.String({
        ...DURATION_OR_NONE,
        default: standard.reportWithin,
        description: 'Time from when people are first told to the first feedback of the case, or `none`.',
      }),
      closeWithin: Type.String({
        ...DURATION_OR_NONE,
        default: standard.closeWithin,
        description:
          'Time from when people are first told to the end of the case, or `none`: until it is verified to be safe.',
      }),
      repeat: Type.String({
        ...DURATION_OR_NONE,
        default: standard.repeat,
        description: 'Told again so often until somebody acknowledges, or `none`.',
      }),
      realarm: Type.String({
        ...DURATION_OR_NONE,
        default: standard.realarm,
        description: 'An acknowledged alarm that still holds after this is to be acknowledged again, or `none`.',
      }),
      bypass: Type.Object(
        {
          max: Type.String({
            ...POSITIVE,
            default: standard.max,
            description: 'Longest time that it may be hidden at once.',
          }),
          secondPerson: Type.Boolean({
            default: standard.secondPerson,
            description: 'A second person must agree.',
          }),
        },
        {
          additionalProperties: false,
          default: {},
          description: 'How far alarms of this tier may be shelved, suppressed or taken out of service.',
        },
      ),
    },
    { additionalProperties: false, default: {}, description: 'What is promised of alarms of this tier.' },
  );
}

/** `tiers` of davylamp.yaml. All times are engine defaults [D]: no standard that was at hand gives them. */
export const tiersSchema = Type.Object(
  {
    red: tierSettings({
      acknowledgeWithin: '5m',
      reportWithin: '30m',
      closeWithin: 'none',
      repeat: '5m',
      realarm: '30m',
      max: '30m',
      secondPerson: true,
    }),
    orange: tierSettings({
      acknowledgeWithin: '10m',
      reportWithin: '1h',
      closeWithin: '24h',
      repeat: 'none',
      realarm: 'none',
      max: '8h',
      secondPerson: false,
    }),
    yellow: tierSettings({
      acknowledgeWithin: '15m',
      reportWithin: '2h',
      closeWithin: '24h',
      repeat: 'none',
      realarm: 'none',
      max: '12h',
      secondPerson: false,
    }),
    blue: tierSettings({
      acknowledgeWithin: '30m',
      reportWithin: '24h',
      closeWithin: '7d',
      repeat: 'none',
      realarm: 'none',
      max: '7d',
      secondPerson: false,
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      'Internal urgency, red the most urgent; never a public warning. The times are defaults of this engine, behind ' +
      'which stands no standard: your own rules of operation come first.',
  },
);

export type TiersEntry = Static<typeof tiersSchema>;
