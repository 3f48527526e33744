/** Where a command writes; main.ts alone has the process. */
export interface ClientIo {
  out(line: string): void;
  err(line: string): void;
}

export interface EngineOptions {
  /** The HTTP API of the running engine. */
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
}

export const ENGINE_URL = 'http://127.0.0.1:8080';
const DEADLINE_MS = 30_000;

/** Something the person can act on; its text is all they see. */
export class EngineFault extends Error {
  /** What the engine answered, as JSON; null where it did not answer. */
  readonly body: unknown;

  constructor(message: string, body: unknown = null) {
    super(message);
    this.body = body;
  }
}

/** Asks the engine at `path` below `/api/v1/`; gives its answer. Throws {@link EngineFault}. */
export async function call(options: EngineOptions, path: string, init: RequestInit = {}): Promise<unknown> {
  return parse(await callText(options, path, init));
}

/** Asks the engine for what is not JSON. Throws {@link EngineFault}. */
export async function callText(options: EngineOptions, path: string, init: RequestInit = {}): Promise<string> {
  const base = options.url ?? ENGINE_URL;
  if (!URL.canParse(base)) throw new EngineFault(`${base} is not a URL; give --url as ${ENGINE_URL}`);
  const url = new URL(`${base.replace(/\/$/, '')}/api/v1/${path}`);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });
    text = await response.text();
  } catch {
    throw new EngineFault(`no engine answers at ${url.origin}; is "davylamp serve" running? (--url)`);
  }
  if (response.ok) return text;
  const body = parse(text);
  throw new EngineFault(`the engine refused: ${problemText(body) ?? `status ${response.status}`}`, body);
}

/** Runs a command and tells the person what went wrong. Returns the exit code: the command's, or 1. */
export async function reported(io: ClientIo, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EngineFault)) throw error;
    io.err(error.message);
    return 1;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** RFC 9457. */
function problemText(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const { title, detail } = value as { title?: unknown; detail?: unknown };
  const parts = [title, detail].filter((part) => typeof part === 'string');
  return parts.length === 0 ? null : parts.join(': ');
}
