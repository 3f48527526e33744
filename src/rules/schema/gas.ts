import { type Static, Type } from '@sinclair/typebox';

function basis(description: string) {
  return Type.Optional(
    Type.Object(
      {
        at: Type.Number({ exclusiveMinimum: 0, description }),
        basis: Type.String({
          minLength: 1,
          maxLength: 500,
          expects: 'a text of 1 to 500 characters',
          description: 'Substance and origin of the figure.',
        }),
      },
      { additionalProperties: false, description },
    ),
  );
}

/** `gas` of a point: what the ceilings of standards go by. */
export const gas = Type.Object(
  {
    kind: Type.Union(
      [Type.Literal('combustible'), Type.Literal('toxic'), Type.Literal('oxygen'), Type.Literal('other')],
      { description: 'What is measured; no ceiling applies to `other`.' },
    ),
    lel: basis('Lower explosive limit in %VOL that %LEL is reckoned with, as 5.0.'),
    oel: basis('Occupational exposure limit, in the unit of the point.'),
  },
  {
    additionalProperties: false,
    description: 'What gas a point measures: `davylamp check` compares its limits with the ceilings of standards.',
  },
);

export type GasEntry = Static<typeof gas>;
