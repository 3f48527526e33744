import { benchProgram, type Program, startProgram } from './program.ts';

/** What `load-process.ts` is to do. */
export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  /** Its devices report in turn on a connection. */
  readonly devicesPerConnection: number;
  /** Messages of one connection that may be without acknowledgement. */
  readonly window: number;
  /** Messages on each connection, by phase. */
  readonly phases: readonly number[];
  /** Source time of the first message of a device. */
  readonly firstTs: number;
  /** Source milliseconds between two messages of a device. */
  readonly stepMs: number;
}

/** How one phase went; times are of `monotonicMs`. */
export interface PhaseResult {
  readonly messages: number;
  readonly startedAt: number;
  readonly ackedAt: number;
  readonly cpuSeconds: number;
}

export interface Load {
  /** Plays the next phase; resolves when all of it is acknowledged. */
  play(): Promise<PhaseResult>;
  stop(): Promise<void>;
}

/** Starts a load generator; it has connected and encoded everything when this resolves. */
export async function startLoad(plan: LoadPlan, logFile: string): Promise<Load> {
  const program: Program<true> = await startProgram({
    command: benchProgram('load-process.ts', JSON.stringify(plan)),
    logFile,
    ready: (line) => (line === '{"ready":true}' ? true : null),
  });
  return {
    async play() {
      program.tell('go');
      return JSON.parse(await program.nextLine()) as PhaseResult;
    },
    stop: () => program.stop(),
  };
}
