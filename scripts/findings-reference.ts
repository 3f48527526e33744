import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FindingKind, FindingSource } from '../src/config/findings/kind.ts';
import { FINDING_FAMILIES } from '../src/config/findings.ts';

/** Where the list of findings is kept. */
export const FINDINGS_PATH = fileURLToPath(new URL('../docs/findings.md', import.meta.url));

const HEADER = `# Findings of \`davylamp check\`

Made from the table of findings by \`npx tsx scripts/findings-reference.ts\`; do not edit.

\`davylamp check --explain DL214\` prints one of them. A number is never given to another finding.

- An **error** refuses the configuration: it cannot work as it stands.
- A **warning** works, and is most likely wrong. \`--strict\` makes warnings fail the check.
- An **info** is worth a look, and often right.

Where it is right to differ, say so where it stands, with a reason of ten characters or more. The finding is then counted as
allowed, and shown with its reason by \`--json\`. Errors cannot be allowed.

\`\`\`yaml
points:
  doorOpen:
    type: boolean
    allow: [{ finding: DL220, reason: "Crews open it every day: an event to look up, not an alarm" }]
\`\`\`

An \`allow\` holds for the part of the file it stands in: a point, a device, or the whole file.

Sources are marked: **verified**, the figure was read in a text that quotes the clause; **from memory**, check it in the
standard itself; **own**, a default of this engine, behind which stands no standard. Ceilings of standards are minimum
practice for the plants they were written for. Yours follow from the standards in force at your site.
`;

const BASIS: Readonly<Record<FindingSource['basis'], string>> = {
  verified: 'verified',
  memory: 'from memory',
  own: 'own',
};

/** The list of findings as it follows from the table. */
export function findingsReference(): string {
  const sections = Object.entries(FINDING_FAMILIES)
    .filter(([, family]) => Object.keys(family).length > 0)
    .map(([title, family]) => `## ${title}\n\n${Object.entries(family).map(entry).join('\n')}`);
  return `${[HEADER, ...sections].join('\n').trimEnd()}\n`;
}

function entry([code, { number, severity, explanation, source }]: [string, FindingKind]): string {
  const origin = source === null ? '' : `\n\nSource: ${source.text} (${BASIS[source.basis]}).`;
  return `### ${number} ${code}\n\n*${severity}.* ${explanation}${origin}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(dirname(FINDINGS_PATH), { recursive: true });
  writeFileSync(FINDINGS_PATH, findingsReference());
  process.stdout.write(`wrote ${FINDINGS_PATH}\n`);
}
