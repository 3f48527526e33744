import type { Evaluation } from '../model/evaluation.ts';
import type { Rule } from '../model/rule.ts';
import { secondsOf } from './examine.ts';
import type { DiffLine, Failure, TrialOutcome } from './outcome.ts';
import type { Trial } from './trial.ts';

/** How a text is made to stand out; on anything but a terminal it is not. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
}

export const PLAIN: Paint = { good: (text) => text, bad: (text) => text, faint: (text) => text };

/** ANSI colours. */
export const COLOURED: Paint = {
  good: (text) => `\u001b[32m${text}\u001b[39m`,
  bad: (text) => `\u001b[31m${text}\u001b[39m`,
  faint: (text) => `\u001b[2m${text}\u001b[22m`,
};

/** What a person reads of a test that failed; `directory` is put before the name of its file. */
export function outcomeLines({ trial, failures }: TrialOutcome, directory: string, paint: Paint): string[] {
  const place = (line: number | null) => `${directory}/${trial.file}${line === null ? '' : `:${line}`}`;
  const lines = [`${paint.bad('FAIL')} ${trial.name}`, `  ${paint.faint(place(trial.line))}`];
  for (const failure of failures) lines.push(...failureLines(failure, place(failure.line), trial, paint));
  return lines;
}

/** What was expected and what was, with what the rules made of the last samples. */
function failureLines(failure: Failure, place: string, trial: Trial, paint: Paint): string[] {
  const { at, expected, was, diff, evaluations } = failure;
  return [
    `  ${[at === null ? '' : `at ${secondsOf(at)}`, paint.faint(place)].filter((part) => part !== '').join('  ')}`,
    `    expected  ${paint.good(expected)}`,
    `    was       ${paint.bad(was)}`,
    ...diff.map((line) => `      ${diffText(line, paint)}`),
    ...evaluations.map((evaluation) => paint.faint(`      ${evaluationText(evaluation, trial)}`)),
  ];
}

function diffText({ mark, text }: DiffLine, paint: Paint): string {
  if (mark === ' ') return `  ${text}`;
  return mark === '-' ? paint.good(`- ${text}`) : paint.bad(`+ ${text}`);
}

/**
 * `42s outletPressure.H: value 3.3 good, 3.3 against 3.2: tripped, inactive to pendingOn, delay over at 47s`, and of a rule
 * that answers yes or no `42s hot: in its alarm condition, inactive to active`.
 */
function evaluationText(evaluation: Evaluation, { start, devices }: Trial): string {
  const { ts, device, condition, value, quality, before, after, dueTs } = evaluation;
  const rule = ruleOf(condition, devices.find(({ key }) => key === device)?.rules ?? []);
  const parts = [
    ...(rule?.point === null ? [] : [`${value === null ? 'no value' : `value ${value}`} ${quality}`]),
    rule?.unit === null ? answered(evaluation) : compared(evaluation),
    before === after ? `still ${after}` : `${before} to ${after}`,
    ...(dueTs === null ? [] : [`delay over at ${secondsOf(dueTs - start)}`]),
  ];
  return `${secondsOf(ts - start)} ${condition}: ${parts.join(', ')}`;
}

function ruleOf(condition: string, rules: readonly Rule[]): Rule | undefined {
  return rules.find(({ id, levels }) => levels.some(({ name }) => condition === (name === '' ? id : `${id}.${name}`)));
}

function compared({ measured, limit, verdict }: Evaluation): string {
  const against = measured === null ? `limit ${limit}` : `${Number(measured.toPrecision(6))} against ${limit}`;
  return `${against}: ${verdict}`;
}

/** The numbers that stand for yes and no are nothing to a person. */
function answered({ verdict }: Evaluation): string {
  switch (verdict) {
    case 'tripped':
      return 'in its alarm condition';
    case 'cleared':
      return 'not in its alarm condition';
    case 'between':
      return 'neither: `until` is not true yet';
    case 'unknown':
      return 'nothing is known';
    case 'delayOver':
      return 'its delay is over';
  }
}

/** JUnit XML: a suite for each file, a case for each test; `broken` are the files whose tests cannot be read. */
export function junitXml(
  outcomes: readonly TrialOutcome[],
  broken: readonly { readonly file: string; readonly message: string }[],
  directory: string,
): string {
  const files = [...new Set([...outcomes.map(({ trial }) => trial.file), ...broken.map(({ file }) => file)])];
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  const suites = files.map((file) => {
    const own = outcomes.filter(({ trial }) => trial.file === file);
    const errors = broken.filter((one) => one.file === file);
    const failures = own.filter((one) => one.failures.length > 0).length;
    return [
      `  <testsuite name="${escapeXml(file)}" tests="${own.length + errors.length}" failures="${failures}" errors="${errors.length}">`,
      ...own.map((outcome) => testCase(outcome, directory)),
      ...errors.map(({ message }) => {
        const name = `<testcase name="the file can be read" classname="${escapeXml(file)}">`;
        return `    ${name}<error message="${escapeXml(message)}"/></testcase>`;
      }),
      '  </testsuite>',
    ].join('\n');
  });
  const total = outcomes.length + broken.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="davylamp" tests="${total}" failures="${failed}" errors="${broken.length}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(outcome: TrialOutcome, directory: string): string {
  const { trial, failures } = outcome;
  const attributes = `name="${escapeXml(trial.name)}" classname="${escapeXml(trial.file)}"`;
  const [first] = failures;
  if (!first) return `    <testcase ${attributes}/>`;
  const message = `${first.at === null ? '' : `at ${secondsOf(first.at)}: `}expected ${first.expected}; was ${first.was}`;
  const text = outcomeLines(outcome, directory, PLAIN).join('\n');
  return `    <testcase ${attributes}><failure message="${escapeXml(message)}">${escapeXml(text)}</failure></testcase>`;
}

/** XML 1.0 has no place for control characters, not even escaped ones. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\n' ? character : ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
