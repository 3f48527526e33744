/** One record of a CSV text with the line it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads CSV after RFC 4180 (commas, double quotes); empty lines are left out. null = a quote that never ends. */
export function readCsv(text: string): CsvRecord[] | null {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let begin = 1;
  const endRecord = () => {
    cells.push(cell.trim());
    if (cells.length > 1 || cells[0] !== '') records.push({ line: begin, cells });
    cells = [];
    cell = '';
    begin = line + 1;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (character === '"') quoted = false;
      else cell += character;
    } else if (character === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (character === ',') {
      cells.push(cell.trim());
      cell = '';
    } else if (character === '\n') endRecord();
    else if (character !== '\r') cell += character;
    if (character === '\n') line += 1;
  }
  if (quoted) return null;
  endRecord();
  return records;
}
