import { type Static, Type } from '@sinclair/typebox';
import { POSITIVE } from '../../../rules/schema/terms.ts';

/** `governor` of davylamp.yaml; the figures are engine defaults [D]. */
export const governorSchema = Type.Object(
  {
    maxPerSite: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 20,
      description: 'So many bypasses by persons may be in force at once in one site.',
    }),
    warnBefore: Type.String({
      ...POSITIVE,
      default: '10m',
      description: 'So long before its end a bypass is announced.',
    }),
    request: Type.String({
      ...POSITIVE,
      default: '15m',
      description: 'A request for a bypass lapses when no second person has agreed by then.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Limits on hiding alarms, beside those of each tier.' },
);

export type GovernorEntry = Static<typeof governorSchema>;
