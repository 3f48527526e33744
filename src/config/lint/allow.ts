import type { FaultList, Path, Reporter } from '../fault.ts';
import { codeOfNumber, findingKind } from '../findings.ts';

/** Takes in every `allow` of a file whose shape is right, and reports those that allow nothing. */
export function takeAllowances(
  data: unknown,
  sound: (path: Path) => boolean,
  faults: FaultList,
  reporter: Reporter,
): void {
  const visit = (node: unknown, path: Path): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      const own = [...path, Array.isArray(node) ? Number(key) : key];
      if (key !== 'allow' || !Array.isArray(value)) visit(value, own);
      else if (sound(own)) for (const [index, entry] of value.entries()) take(entry, path, [...own, index]);
    }
  };
  const take = ({ finding, reason }: { finding: string; reason: string }, path: Path, own: Path): void => {
    const code = codeOfNumber(finding);
    if (code === null) {
      reporter.error('ALLOW_UNKNOWN', [...own, 'finding'], finding, 'no finding has this number');
    } else if (findingKind(code).severity === 'error') {
      const message = `${finding} ${code} is an error: what cannot work is not made right by a reason`;
      reporter.error('ALLOW_REFUSED', [...own, 'finding'], finding, message);
    } else faults.allow({ reporter, path, own, number: finding, reason });
  };
  visit(data, []);
}

/** Notes the allowances that nothing needed: they would hide the next finding of their number. */
export function lintAllowances(faults: FaultList): void {
  for (const { reporter, own, number } of faults.unused()) {
    const code = codeOfNumber(number) ?? '';
    reporter.warn('ALLOW_UNUSED', own, number, `there is no ${number} ${code} here any more: remove it`);
  }
}
