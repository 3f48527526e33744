import { deviceRowSchema } from '../rules/schema/device.ts';
import { readCsv } from './csv.ts';
import type { WrittenDevice } from './devices.ts';
import type { FaultList, Path, Reporter } from './fault.ts';
import type { SourceFile } from './files.ts';
import { checkShape } from './shape.ts';
import { isPrototypeName } from './text.ts';

const COLUMNS = ['site', 'id', 'profile', 'title', 'lon', 'lat', 'datum', 'grid', 'gateway', 'tags'];
const REQUIRED = ['site', 'id', 'profile'];

/** Devices of a CSV file, one a row, whose first line names the columns. */
export function readDeviceTable(file: SourceFile, faults: FaultList): WrittenDevice[] {
  const lineOf = (path: Path) => (typeof path[1] === 'number' ? path[1] : 1);
  const reporter = faults.reporter(file.name, { lineOf });
  const records = readCsv(file.text);
  if (!records) {
    reporter.error('CSV_INVALID', [], null, 'a quoted text is never closed');
    return [];
  }
  const [header, ...rows] = records;
  const columns = header?.cells ?? [];
  if (!checkColumns(columns, reporter)) return [];
  const devices: WrittenDevice[] = [];
  for (const { line, cells } of rows) {
    // The line is the number people see in a spreadsheet.
    const path: Path = ['row', line];
    if (cells.length !== columns.length) {
      const message = `this row has ${cells.length} cells, the first line ${columns.length}`;
      reporter.error('CSV_INVALID', path, cells.length, message);
      continue;
    }
    const device = readRow(columns, cells, path, reporter);
    if (device) devices.push(device);
  }
  return devices;
}

function checkColumns(columns: readonly string[], reporter: Reporter): boolean {
  let fine = true;
  const fail = (code: string, column: string, message: string) => {
    fine = false;
    reporter.error(code, [column], column, message);
  };
  for (const [index, column] of columns.entries()) {
    if (!COLUMNS.includes(column)) fail('UNKNOWN_KEY', column, `unknown column; known: ${COLUMNS.join(', ')}`);
    else if (columns.indexOf(column) !== index) fail('DUPLICATE_KEY', column, 'this column stands twice');
  }
  for (const column of REQUIRED) {
    if (!columns.includes(column)) fail('MISSING_KEY', column, `the first line must name the column ${column}`);
  }
  return fine;
}

function readRow(
  columns: readonly string[],
  cells: readonly string[],
  path: Path,
  reporter: Reporter,
): WrittenDevice | null {
  const cell = (column: string): string | undefined => cells[columns.indexOf(column)] || undefined;
  const data: Record<string, unknown> = {};
  for (const column of ['site', 'id', 'profile', 'title', 'datum', 'grid', 'gateway']) {
    const text = cell(column);
    if (text?.includes('${')) {
      reporter.error('ENV_NOT_ALLOWED', [...path, column], text, `\${…} is not replaced here: write the value`);
    }
    if (text !== undefined && column !== 'datum') data[column] = text;
  }
  const tags = cell('tags')
    ?.split(';')
    .map((tag) => tag.trim());
  if (tags) data['tags'] = tags.filter((tag) => tag !== '');
  if (['lon', 'lat', 'datum'].some((column) => cell(column) !== undefined)) {
    data['location'] = {
      ...coordinate('lon', cell('lon')),
      ...coordinate('lat', cell('lat')),
      ...(cell('datum') === undefined ? {} : { datum: cell('datum') }),
    };
  }
  const shape = checkShape(deviceRowSchema, data, prefixed(reporter, path));
  if (!shape?.sound(['site'])) return null;
  const { site, ...entry } = shape.data;
  if (isPrototypeName(site)) reporter.error('NAME_RESERVED', [...path, 'site'], site, `${site} is reserved`);
  return { entry, site, path, reporter, sound: (at) => shape.sound(at.slice(path.length)) };
}

/** A cell that is no number stays a text, which the schema refuses. */
function coordinate(name: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  return { [name]: /^[+-]?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text };
}

function prefixed(reporter: Reporter, prefix: Path): Reporter {
  return {
    file: reporter.file,
    error: (code, path, value, message) => reporter.error(code, [...prefix, ...path], value, message),
    warn: (code, path, value, message) => reporter.warn(code, [...prefix, ...path], value, message),
  };
}
