import type { Reading, Rejection } from '../model/reading.ts';

/** A dead letter on its way to the file: the same key is filed once, however often it comes. */
export interface FiledRejection {
  readonly seq: number;
  readonly index: number;
  readonly rejection: Rejection;
}

/** A run of whole journal records, decoded. */
export interface SourceSlice {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly readings: readonly Reading[];
  /** Journal sequence of each reading. */
  readonly seqs: readonly number[];
  readonly rejections: readonly FiledRejection[];
}

/** The journal as the writer reads it to catch up. */
export interface ReadingSource {
  /** Last durable sequence; 0 = empty. */
  head(): number;
  /**
   * Reads and decodes the records after `afterSeq` up to `untilSeq`, at least one, and stops soon after `maxReadings`.
   * Null when there are none any more.
   */
  read(afterSeq: number, untilSeq: number, maxReadings: number): SourceSlice | null;
}

/** Where the writer keeps its position and the dead letters up to it. */
export interface WriterCheckpoint {
  /** Everything up to this sequence is in the store or among the dead letters. */
  position(): number;
  /** Files the letters and moves the position in one commit; resolves when that is durable. */
  commit(change: { readonly through: number; readonly deadLetters: readonly FiledRejection[] }): Promise<void>;
}
