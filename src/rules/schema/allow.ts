import { type Static, Type } from '@sinclair/typebox';

/** `allow` of a file or a part of it: findings that are right to differ there. */
export const allow = Type.Optional(
  Type.Array(
    Type.Object(
      {
        finding: Type.String({
          pattern: '^DL[0-9]{3}$',
          expects: 'the number of a finding, as DL214',
          description: 'Number of the finding.',
        }),
        reason: Type.String({
          minLength: 10,
          maxLength: 1000,
          expects: 'a text of 10 to 1000 characters',
          description: 'Why it is right to differ here.',
        }),
      },
      { additionalProperties: false },
    ),
    {
      description: 'Findings of `davylamp check` that are right to differ here. Warnings and notes only, never errors.',
    },
  ),
);

export type AllowEntry = NonNullable<Static<typeof allow>>[number];
