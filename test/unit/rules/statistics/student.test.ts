import { describe, expect, it } from 'vitest';
import { studentQuantile } from '../../../../src/rules/statistics/student.ts';

/** Table 1.3.6.7.2 of the NIST/SEMATECH e-Handbook: upper critical values, two-sided 90, 95 and 99 %. */
const TABLE = [
  [1, 6.314, 12.706, 63.657],
  [2, 2.92, 4.303, 9.925],
  [3, 2.353, 3.182, 5.841],
  [4, 2.132, 2.776, 4.604],
  [5, 2.015, 2.571, 4.032],
  [6, 1.943, 2.447, 3.707],
  [7, 1.895, 2.365, 3.499],
  [8, 1.86, 2.306, 3.355],
  [9, 1.833, 2.262, 3.25],
  [10, 1.812, 2.228, 3.169],
  [15, 1.753, 2.131, 2.947],
  [20, 1.725, 2.086, 2.845],
  [30, 1.697, 2.042, 2.75],
  [40, 1.684, 2.021, 2.704],
  [60, 1.671, 2.0, 2.66],
  [100, 1.66, 1.984, 2.626],
] as const;

describe("Student's quantile", () => {
  it.each(TABLE)('for %d degrees of freedom is that of the table', (degrees, ninety, ninetyFive, ninetyNine) => {
    expect(Math.abs(studentQuantile(0.9, degrees) - ninety)).toBeLessThan(0.00051);
    expect(Math.abs(studentQuantile(0.95, degrees) - ninetyFive)).toBeLessThan(0.00051);
    expect(Math.abs(studentQuantile(0.99, degrees) - ninetyNine)).toBeLessThan(0.00051);
  });

  it('is exact where a formula is known', () => {
    expect(studentQuantile(0.95, 1)).toBeCloseTo(Math.tan((Math.PI / 2) * 0.95), 9);
    expect(studentQuantile(0.95, 2)).toBeCloseTo(0.95 * Math.sqrt(2 / (1 - 0.95 ** 2)), 9);
  });

  it('falls towards the normal quantile 1.95996', () => {
    let before = Number.POSITIVE_INFINITY;
    for (let degrees = 1; degrees <= 300; degrees++) {
      const now = studentQuantile(0.95, degrees);
      expect(now).toBeLessThan(before);
      before = now;
    }
    expect(studentQuantile(0.95, 100_000)).toBeCloseTo(1.95999, 4);
  });
});
