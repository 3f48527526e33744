/** What arrived, as it arrived, before anybody looked into it. */
export interface Envelope {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Who sent it: username, `anonymous:{client id}`, or `http:{address}`. */
  readonly client: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Declared length of a message that was too large to take; its payload is then only a beginning. */
  readonly oversized: number | null;
}

/** Topic of the journal's own records: not reachable from outside, since `$` topics are refused there. */
export const CONTROL_TOPIC = '$davylamp/resumed';
/** Topic under which a journal group that the disk has damaged comes back: it becomes a dead letter. */
export const CORRUPT_TOPIC = '$davylamp/corrupt';
