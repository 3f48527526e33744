import { quantileSorted } from 'simple-statistics';

/** A figure and what it is held to. */
export interface Budget {
  readonly name: string;
  readonly value: number;
  readonly budget: number;
  readonly better: 'more' | 'less';
  readonly unit: string;
  /** How far the single rounds lie apart, or how many there were. */
  readonly detail: string;
}

export function isKept({ value, budget, better }: Budget): boolean {
  return better === 'more' ? value >= budget : value <= budget;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that the share `p` (0 to 1) lies below; NaN of none. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN;
  return quantileSorted(
    values.toSorted((a, b) => a - b),
    p,
  );
}

/** `least to most`. */
export function spread(values: readonly number[], digits: number): string {
  const words = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${words(Math.min(...values))} to ${words(Math.max(...values))}`;
}

/** Prints a table: first column to the left, the last too if it is text, numbers to the right. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number) => column === 0 || rows.some((row) => /[a-z]{2} [a-z]/i.test(row[column] ?? ''));
  const line = (row: readonly string[]) =>
    row
      .map((word, column) => (isText(column) ? word.padEnd(widths[column] ?? 0) : word.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const lines = [title, line(head), ...rows.map(line)];
  process.stdout.write(`\n${lines.join('\n')}\n`);
}

export function printBudgets(budgets: readonly Budget[]): void {
  for (const budget of budgets) {
    const limit = `${budget.better === 'more' ? '>=' : '<='} ${budget.budget}${budget.unit}`;
    const value = `${budget.value.toFixed(2)}${budget.unit}`;
    const verdict = isKept(budget) ? 'kept' : 'MISSED';
    process.stdout.write(`${verdict.padEnd(7)} ${budget.name}: ${value} (budget ${limit}; ${budget.detail})\n`);
  }
}
