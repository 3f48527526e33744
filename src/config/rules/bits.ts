import type { Point } from '../../model/device.ts';
import type { BitsEntry } from '../../rules/schema/point-rules.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import { POINT_PATTERN } from '../../rules/schema/terms.ts';
import type { Path } from '../fault.ts';
import { draft, type RuleDraft, type RulePlace } from './draft.ts';
import { needsNumber } from './reference.ts';

const NAME = new RegExp(POINT_PATTERN, 'u');

/** `points.<p>.bits`: patterns of a status word, a rule each. */
export function bitsDrafts(point: Point, { bits }: PointEntry, path: Path): RuleDraft[] {
  // A name that is none was reported with the shape of the file.
  const named = Object.entries(bits ?? {}).filter(([name]) => NAME.test(name));
  return named.map(([name, entry]) =>
    draft(`${point.id}.bits.${name}`, [...path, 'bits', name], entry, [], (written, _context, place) => {
      if (!needsNumber(point, 'bit', 'a bit pattern', place)) return null;
      const pattern = patternOf(written, place);
      if (!pattern) return null;
      const spec = { kind: 'bits', point: point.index, name, ...pattern } as const;
      return { spec, point: point.index, unit: null, at: 1, deadband: 0 };
    }),
  );
}

function patternOf(
  { bit, mask, equals }: BitsEntry,
  place: RulePlace,
): { readonly mask: number; readonly equals: number | null } | null {
  if ((bit === undefined) === (mask === undefined)) {
    place.error('BITS_UNCLEAR', 'mask', mask, 'give either `bit` or `mask`');
    return null;
  }
  // Number reads "0x0C" as 12.
  const bits = bit === undefined ? Number(mask) : 2 ** bit;
  const wanted = equals === undefined ? null : Number(equals) * (bit === undefined ? 1 : bits);
  if (bits === 0 || !Number.isSafeInteger(bits)) {
    place.error('BITS_UNCLEAR', 'mask', mask, 'a mask is above 0 and below 2^53');
    return null;
  }
  // Whole numbers below 2^53 fit BigInt, and its bit operators see all of them.
  if (wanted !== null && (!Number.isSafeInteger(wanted) || (BigInt(wanted) & ~BigInt(bits)) !== 0n)) {
    const message = bit === undefined ? 'has bits that the mask leaves out: it would never trip' : 'of one bit: 0 or 1';
    place.error('BITS_UNCLEAR', 'equals', equals, message);
    return null;
  }
  return { mask: bits, equals: wanted };
}
