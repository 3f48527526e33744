/** What a command may touch of the world: main.ts alone has the process. */
export interface CommandIo {
  out(line: string): void;
  err(line: string): void;
  /** Aborts when the person or the system wants the command to end. */
  readonly signal: AbortSignal;
  /** Calls `listener` at every SIGHUP, which from then on does not end the process. */
  onHangUp(listener: () => void): void;
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the process at once. */
  exit(code: number): void;
}
