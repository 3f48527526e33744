import type { DeviceEntry } from '../rules/schema/device.ts';
import { formatPath, type Path, type Reporter } from './fault.ts';

/**
 * A reporter for what a device makes of a point of its profile: a fault that the profile has too, at a key that the
 * device does not write, is left out. It is told once, where the profile stands.
 *
 * @param judgeProfile judges the point of the profile as that of the device will be, under the same paths
 */
export function withoutInherited(
  judgeProfile: (reporter: Reporter) => void,
  { entry, path }: { readonly entry: DeviceEntry; readonly path: Path },
  reporter: Reporter,
): Reporter {
  const inherited = new Set<string>();
  const note = (code: string, at: Path) => void inherited.add(faultKey(code, at));
  judgeProfile({ file: reporter.file, error: note, warn: note });
  const isOwn = (code: string, at: Path) =>
    !inherited.has(faultKey(code, at)) || isWritten(entry, at.slice(path.length));
  return {
    file: reporter.file,
    error(code, at, ...rest) {
      if (isOwn(code, at)) reporter.error(code, at, ...rest);
    },
    warn(code, at, ...rest) {
      if (isOwn(code, at)) reporter.warn(code, at, ...rest);
    },
  };
}

function faultKey(code: string, path: Path): string {
  return `${code} ${formatPath(path)}`;
}

function isWritten(entry: unknown, path: Path): boolean {
  let node = entry;
  for (const key of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return false;
    node = Object.entries(node).find(([name]) => name === String(key))?.[1];
  }
  return true;
}
