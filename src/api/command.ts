import { Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from '../model/duration.ts';

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', description });

/** Who says so. */
export const by = text(100, 'Who decides so.');

/** What a person says of what they command. */
export const comment = text(2000, 'What was found or done.');

/** Why something may be hidden. */
export const reason = text(2000, 'Why: a few words that the next shift understands.');

/** Links to what was seen. */
export const evidence = Type.Optional(
  Type.Array(Type.String({ maxLength: 2048, pattern: '^https://' }), {
    maxItems: 20,
    description: 'Links to pictures, videos, documents (https). They are kept, never fetched.',
  }),
);

export const duration = Type.String({
  pattern: DURATION_PATTERN,
  maxLength: 20,
  examples: ['30m'],
  description: 'A number and ms, s, m, h or d.',
});

/** A command with its comment. */
export const commandSchema = Type.Object({ by, comment }, { additionalProperties: false });
