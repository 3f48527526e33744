import { type Static, Type } from '@sinclair/typebox';
import { BYTES_PATTERN, DURATION_PATTERN } from '../model/duration.ts';

const DURATION = {
  pattern: DURATION_PATTERN,
  maxLength: 9,
  faultCode: 'DURATION_INVALID',
  expects: 'a duration: a number and ms, s, m, h or d, as 30s',
};

/** `time` of davylamp.yaml. */
export const timeSchema = Type.Object(
  {
    futureTolerance: Type.String({
      ...DURATION,
      default: '60s',
      description: 'A source clock further ahead than this is not believed: the receive time is used.',
    }),
    lateness: Type.String({
      ...DURATION,
      default: '10s',
      description: 'A sample that comes after a newer one, and is older by at most this, still counts in slopes.',
    }),
    liveWindow: Type.String({
      ...DURATION,
      default: '5m',
      description: 'Data older than this on arrival is stored and never alarms.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'What is believed of source clocks.' },
);

/** `journal` of davylamp.yaml. */
export const journalSchema = Type.Object(
  {
    maxBytes: Type.String({
      pattern: `^(?=.*[1-9])${BYTES_PATTERN.slice(1)}`,
      maxLength: 12,
      default: '10GB',
      faultCode: 'BYTES_INVALID',
      expects: 'a size: a number and B, KB, MB, GB or TB, as 10GB',
      description: 'What may wait on disk for the store and the rules; a full journal is not acknowledged to.',
    }),
    whenFull: Type.Union([Type.Literal('refuse'), Type.Literal('dropOldest')], {
      default: 'refuse',
      description: 'refuse: stop acknowledging, lose nothing.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'The messages on disk that are not taken yet.' },
);

/** `deadLetters` of davylamp.yaml. */
export const deadLettersSchema = Type.Object(
  { maxCount: Type.Integer({ minimum: 1, default: 100_000, description: 'The oldest are removed beyond it.' }) },
  { additionalProperties: false, default: {}, description: 'What was received and could not be taken.' },
);

export type TimeEntry = Static<typeof timeSchema>;
export type JournalEntry = Static<typeof journalSchema>;
export type DeadLettersEntry = Static<typeof deadLettersSchema>;
