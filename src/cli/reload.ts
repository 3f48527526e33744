import type { Finding } from '../model/reload.ts';
import { faultLines } from './check.ts';
import { type ClientIo, call, EngineFault, type EngineOptions, reported } from './engine-client.ts';

export type ReloadOptions = EngineOptions;

/**
 * `davylamp reload`: a running engine reads its configuration files again. Returns the exit code: 0 = the files are in
 * force, 1 = they were refused, or no engine answered; what was in force goes on.
 */
export async function reload(options: ReloadOptions, io: ClientIo): Promise<number> {
  return await reported(io, async () => {
    try {
      const answer = await call(options, 'configuration/reload', { method: 'POST' });
      if (options.json) io.out(JSON.stringify(answer));
      else {
        for (const line of faultLines(findingsOf(answer))) io.err(line);
        io.out(`version ${text(answer, 'version')} is in force, version ${text(answer, 'previous')} was before`);
      }
      return 0;
    } catch (error) {
      if (!(error instanceof EngineFault) || error.body === null) throw error;
      if (options.json) io.out(JSON.stringify(error.body));
      else for (const line of faultLines(findingsOf(error.body))) io.err(line);
      throw error;
    }
  });
}

function findingsOf(answer: unknown): readonly Finding[] {
  const findings = member(answer, 'findings');
  return Array.isArray(findings) ? (findings as readonly Finding[]) : [];
}

function text(answer: unknown, key: string): string {
  return String(member(answer, key) ?? '?');
}

function member(answer: unknown, key: string): unknown {
  return typeof answer === 'object' && answer !== null ? Reflect.get(answer, key) : undefined;
}
