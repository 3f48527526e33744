import type { Point, Profile } from '../../model/device.ts';
import { type Tier, tierRank } from '../../model/tier.ts';
import type { Reporter } from '../fault.ts';
import { wordsIn } from './watched.ts';

/** Warns of numbers that people count on, and whose loss no alarm tells: a bad value never trips a limit. */
export function lintLoss({ points, calculated, rules }: Profile, reporter: Reporter): void {
  const counted = new Map<Point, string>();
  for (const point of [...points, ...calculated]) {
    const urgent =
      urgentOf(point) ?? rules.find((rule) => rule.point === point.index && rule.levels.some(isUrgent))?.id;
    if (urgent === undefined) continue;
    // A calculated value is lost with what it is worked out from.
    for (const input of inputsOf(point, points, calculated)) counted.set(input, urgent);
  }
  const told = new Set(rules.flatMap(({ spec }) => (spec.kind === 'bad' ? [spec.point] : [])));
  for (const [{ id, index, type, signal }, urgent] of counted) {
    // A loop current without `bad` is warned of where its signal is read.
    if (type !== 'number' || signal || told.has(index)) continue;
    const message = `${urgent} counts on ${id}, and a value that is lost or beyond its range is told to nobody: add \`bad\``;
    reporter.warn('LOSS_UNTOLD', ['points', id], null, message);
  }
}

function isUrgent({ tier }: { readonly tier: Tier }): boolean {
  return tierRank(tier) >= tierRank('yellow');
}

/** The first limit or rate of a point that is yellow or worse. */
function urgentOf({ id, limits, rates }: Point): string | undefined {
  const named = [
    ...limits.map(({ name, tier }) => ({ name, tier })),
    ...rates.map(({ direction, tier }) => ({ name: direction, tier })),
  ];
  const urgent = named.find(isUrgent);
  return urgent && `${id}.${urgent.name}`;
}

/** The reported points behind a point: itself, or those it is calculated from. */
function inputsOf(point: Point, points: readonly Point[], calculated: readonly Point[]): readonly Point[] {
  if (point.calc === null) return [point];
  const words = new Set(wordsIn(point.calc));
  const named = [...points, ...calculated].filter(({ id }) => words.has(id));
  return named.flatMap((input) => inputsOf(input, points, calculated));
}
