import { type TSchema, Type } from '@sinclair/typebox';
import { NAME_PATTERN, POSITIVE, tier } from '../../../rules/schema/terms.ts';

/** Name of a receiver. */
export const receiverName = Type.String({
  pattern: NAME_PATTERN,
  faultCode: 'NAME_INVALID',
  expects: 'the name of a receiver',
});

/** Name of a receiver or a roster. */
export const recipientName = Type.String({
  pattern: NAME_PATTERN,
  faultCode: 'NAME_INVALID',
  expects: 'the name of a receiver or a roster',
});

/** Who is told, where somebody must be. */
export const recipientNames = Type.Array(recipientName, { minItems: 1, uniqueItems: true });

/** Some tiers. */
export const tiers = oneOrMany(tier);

/** Some names of sites, profiles and the like. */
export const names = oneOrMany(Type.String({ pattern: NAME_PATTERN, faultCode: 'NAME_INVALID' }));

/** Some tags of devices. */
export const tags = oneOrMany(Type.String({ minLength: 1, maxLength: 64 }));

/** A duration, or `none` for never. */
export const DURATION_OR_NONE = {
  pattern: `${POSITIVE.pattern}|^none$`,
  maxLength: 9,
  faultCode: 'DURATION_INVALID',
  expects: `${POSITIVE.expects}, or none`,
};

/** node-cron expression. */
export const CRON = {
  minLength: 9,
  maxLength: 200,
  faultCode: 'CRON_INVALID',
  expects: 'minute hour day month weekday, as "15 3 * * *"',
};

/** One value, or a list of them. */
export function oneOrMany<T extends TSchema>(item: T) {
  return Type.Union([item, Type.Array(item, { minItems: 1, uniqueItems: true })], { expects: 'one value or a list' });
}
