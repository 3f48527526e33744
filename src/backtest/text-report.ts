import type { Table } from '../report/page.ts';
import type { BacktestReport } from './report.ts';
import { reportParts } from './tables.ts';

/** Rows of a list of alarms. */
const MOST = 40;

/** A report as lines for a terminal. */
export function textReport(report: BacktestReport): string[] {
  const { title, facts, tables } = reportParts(report, MOST);
  return [title, ...facts.map((fact) => `  ${fact}`), ...tables.flatMap((table) => ['', ...tableLines(table)])];
}

function tableLines({ title, head, rows, right, more }: Table): string[] {
  if (rows.length === 0) return [`${title}: none`];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => pad(cell, widths[i] ?? 0, right.includes(i))).join('  ')}`.trimEnd();
  const rest = more > 0 ? [`  and ${more} more: --json or --html has them`] : [];
  return [title, line(head), ...rows.map(line), ...rest];
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
