import { error, info } from './kind.ts';

/** Files, their shape and the names in them: DL100 to DL199. */
export const FILE_FINDINGS = {
  DIRECTORY_MISSING: error(100, 'The configuration directory is not there. Give the right one with --config.'),
  FILE_UNKNOWN: error(
    101,
    'A file looks as if it belonged to the configuration, and nothing reads it. What is silently ignored would be a false calm, so it is refused: rename it, or move it out of the directory.',
  ),
  FILE_UNREADABLE: error(102, 'A file cannot be read. Check that it is there, its owner and its mode.'),
  FILE_EMPTY: error(103, 'A file that should hold a secret is empty. Write the secret into it.'),
  NOT_UTF8: error(
    104,
    'The file is not UTF-8, so Chinese texts in it would be garbled. Save it as UTF-8; a spreadsheet calls it CSV UTF-8.',
  ),
  YAML_INVALID: error(
    105,
    'The text is not well-formed YAML, so nothing of the file can be used. Mend the line named.',
  ),
  YAML_ALIASES: error(
    106,
    'Aliases (*name) repeat too much: a small file could fill the memory. Write the values out.',
  ),
  CSV_INVALID: error(107, 'A row of the table does not fit its first line, or a quoted text never ends.'),
  DUPLICATE_KEY: error(
    108,
    'The same key or column stands twice. Which of the two counts would be a guess, so neither does: keep one.',
  ),
  UNKNOWN_KEY: error(
    109,
    'A key that the engine does not know, most often a misspelt one. It is refused, because a limit that is silently ignored is a false calm.',
  ),
  NOT_SUPPORTED_YET: error(
    110,
    'A key that later versions know. This version does not evaluate it and says so, because what is silently ignored would be a false calm. Remove it.',
  ),
  MISSING_KEY: error(111, 'A key without which the entry means nothing. Add it.'),
  WRONG_TYPE: error(
    112,
    'A value of another type than the key asks for. Nothing is converted: a code of digits needs quotes.',
  ),
  VALUE_INVALID: error(113, 'A value outside what the key allows.'),
  NAME_INVALID: error(
    114,
    'A name with characters that are not safe in topics, tags, file names and URLs. Use letters, digits, dots, underscores and hyphens; points take letters, digits and underscores.',
  ),
  NAME_RESERVED: error(
    115,
    'A name that the stores, a query or the language itself uses for something else. Choose another.',
  ),
  NAME_TAKEN: error(
    116,
    'Two points whose names differ in capitals only. A store may keep them in one column: rename one.',
  ),
  DUPLICATE_ID: error(117, 'An id that is already taken. Alarms and saved state go by ids, so each must be unique.'),
  DURATION_INVALID: error(118, 'A duration is a number and ms, s, m, h or d, as 30s.'),
  BYTES_INVALID: error(119, 'A size is a number and B, KB, MB, GB or TB, as 10GB.'),
  DATE_INVALID: error(120, 'A date is year, month and day of a day that exists, as 2027-06-30.'),
  TIER_INVALID: error(121, 'A tier is blue, yellow, orange or red.'),
  ENV_NOT_ALLOWED: error(122, 'An environment variable is replaced in url, username and secrets only.'),
  ENV_INVALID: error(123, 'A reference to the environment is a dollar sign and a name in braces, as ${CC_SECRET}.'),
  ENV_MISSING: error(124, 'The environment variable is not set, or empty. Set it before the engine starts.'),
  ALLOW_UNKNOWN: error(
    130,
    'An `allow` names a number that no finding has. `davylamp check --explain DL214` explains one.',
  ),
  ALLOW_REFUSED: error(
    131,
    'An `allow` names an error. What cannot work is not made to work by a reason: mend it instead.',
  ),
  ALLOW_UNUSED: info(
    132,
    'An `allow` to which there is no finding any more. Remove it, or it will hide the next finding of that number.',
  ),
};
