import { expect, test } from 'vitest';
import { sparkline, table } from '../../../src/cli/text-table.ts';

test('columns are aligned, and no line ends in spaces', () => {
  expect([
    ...table(
      ['a', 'bb'],
      [
        ['ccc', ''],
        ['d', 'e'],
      ],
    ),
  ]).toEqual(['a    bb', 'ccc', 'd    e']);
});

test.each([
  [[1, 2, 3], '▁▅█'],
  [[5, 5], '▁▁'],
  [[true, false, null, 'x'], '█▁··'],
  [[], ''],
])('%j is drawn as %s', (values, line) => {
  expect(sparkline(values)).toBe(line);
});

test('only the newest are drawn', () => {
  expect(sparkline(Array.from({ length: 500 }, (_, i) => i))).toHaveLength(60);
});
