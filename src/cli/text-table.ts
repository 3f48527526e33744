/** Lines of a table with aligned columns, the header first. */
export function* table(header: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) {
    yield row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  }
}

const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 60;

/** The course of the newest numbers as one line of bars; what is no number (true is 1, false 0) is a dot. */
export function sparkline(values: readonly (number | boolean | string | null)[]): string {
  const numbers = values.slice(-WIDTH).map((value) => (typeof value === 'boolean' ? Number(value) : value));
  const known = numbers.filter((value): value is number => typeof value === 'number');
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  return numbers
    .map((value) => {
      if (typeof value !== 'number') return '·';
      return BARS[span === 0 ? 0 : Math.round(((value - low) / span) * (BARS.length - 1))];
    })
    .join('');
}
