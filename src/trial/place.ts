import type { Path, Reporter } from '../config/fault.ts';

/** A part of a test file: where it stands, and what is wrong in it. */
export interface Place extends Reporter {
  /** Line of a path within the part. */
  line(path: Path): number | null;
  /** True when something in it was reported. */
  failed(): boolean;
  /** A part of it. What is wrong there is wrong here. */
  at(path: Path): Place;
}

/** The part of a file at `base`; paths given to it are relative to that. */
export function placeAt(reporter: Reporter, lineOf: (path: Path) => number | null, base: Path): Place {
  let failed = false;
  const place: Place = {
    file: reporter.file,
    error(code, path, value, message, line) {
      failed = true;
      reporter.error(code, [...base, ...path], value, message, line);
    },
    warn: (code, path, value, message) => reporter.warn(code, [...base, ...path], value, message),
    line: (path) => lineOf([...base, ...path]),
    failed: () => failed,
    at: (path) => placeAt(place, (within) => place.line(within), path),
  };
  return place;
}
