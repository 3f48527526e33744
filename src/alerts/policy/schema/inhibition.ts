import { type Static, Type } from '@sinclair/typebox';
import { name } from '../../../rules/schema/terms.ts';
import { names, oneOrMany, tags, tiers } from './terms.ts';

const conditions = oneOrMany(Type.String({ minLength: 1, maxLength: 200, expects: 'the name of a condition' }));

const side = Type.Object(
  {
    tier: Type.Optional({ ...tiers, description: 'Tiers.' }),
    profile: Type.Optional({ ...names, description: 'Device classes.' }),
    condition: Type.Optional({
      ...conditions,
      description: 'Conditions, as `absent` or `outletPressure.HH`; `HH` is that of any point.',
    }),
    except: Type.Optional({ ...conditions, description: 'Conditions that do not match.' }),
    device: Type.Optional({
      ...oneOrMany(Type.String({ minLength: 3, maxLength: 129, expects: 'site/device' })),
      description: 'Keys of devices, as `wujin-gas/cab-001`.',
    }),
    tags: Type.Optional({ ...tags, description: 'Tags, all of which must be on the device.' }),
  },
  { additionalProperties: false, minProperties: 1 },
);

const label = Type.Union([Type.Literal('site'), Type.Literal('device'), Type.Literal('grid'), Type.Literal('profile')]);

const inhibition = Type.Object(
  {
    id: { ...name, description: 'Name of the inhibition.' },
    source: { ...side, description: 'The alarm that hides others, while it holds and nothing hides it.' },
    target: {
      ...side,
      description: 'The alarms that it hides from receivers: never red ones, nor any more urgent than itself.',
    },
    equal: Type.Array(label, {
      default: ['site'],
      uniqueItems: true,
      description: 'What both must share: `site`, `device`, `grid`, `profile`. `[]` needs a `device` in `source`.',
    }),
  },
  { additionalProperties: false },
);

/** `inhibit` of routes.yaml. */
export const inhibitSchema = Type.Optional(
  Type.Array(inhibition, {
    description:
      'Which alarms hide others from receivers; hidden ones are judged, logged, counted and listed. Default: red hides ' +
      'yellow and blue of the same device, but for loss of data (`absent`, `bad`, `stuck`). `[]` = none.',
  }),
);

export type InhibitionEntry = Static<typeof inhibition>;
export type InhibitionSideEntry = Static<typeof side>;
