import { error, info, memory, own, warning } from './kind.ts';

const RATIONALE = memory('ISA-18.2-2016 / IEC 62682:2014, rationalisation');
const NUISANCE = memory(
  'EEMUA 191 and ISA-18.2, deadband and delay: flow and level 5 %, pressure 2 %, temperature 1 % of range',
);

/** Points, limits, rates and silence of a device class: DL200 to DL299. */
export const POINT_FINDINGS = {
  LIMIT_ORDER: error(
    201,
    'Limits rise in the order LL < L < H < HH. Out of order, a worse state would come before a better one.',
    RATIONALE,
  ),
  LIMIT_OUTSIDE_RANGE: error(
    202,
    'A limit outside the range never trips: a value there is of bad quality and no alarm. This is a silent point that looks watched.',
  ),
  LIMIT_TIER: error(
    203,
    'HH is at least as urgent as H, LL as L. Else the alarm would calm down while the process gets worse.',
    RATIONALE,
  ),
  DEADBAND_NEGATIVE: error(
    204,
    'A deadband is 0 or more. A negative one would clear the alarm while the limit is exceeded.',
  ),
  DEADBAND_TOO_WIDE: error(
    205,
    'With this deadband the alarm clears only where the value cannot go, or where the opposite limit has tripped: it would never clear.',
  ),
  DEADBAND_HIDES_STEP: warning(
    206,
    'The outer limit clears no sooner than the inner one, so the alarm never steps down from HH to H. The deadband should be smaller than the gap to the next limit.',
    NUISANCE,
  ),
  LIMIT_NEVER_CLEARS: error(207, 'Every value of the range trips this limit, and none clears it.'),
  RATE_OUTSIDE_RANGE: error(208, 'A change larger than the whole range never happens, so the rate never trips.'),
  RATE_TOO_FEW_SAMPLES: warning(
    209,
    'At the reporting interval the window never holds enough samples for a slope, so the rate speaks only if the device reports faster than it should. Widen the window, or report more often.',
  ),
  WHY_MISSING: error(
    210,
    'An alarm is a call to act. What is red or orange must say cause, consequence, action and the time there is, or nobody can answer it and it should not be that urgent.',
    RATIONALE,
  ),
  ABSENT_TOO_SHORT: error(
    211,
    'Silence shorter than the reporting interval: the device would be called silent between any two reports.',
  ),
  DEADBAND_NONE: warning(
    212,
    'An analogue limit without a deadband comes and goes with the noise of the signal: a chattering alarm is the first that operators learn to ignore. Give a deadband, or a range, of which 2 % is the default.',
    NUISANCE,
  ),
  DELAY_ORDER: warning(
    213,
    'The outer limit waits longer than the inner one. On a fast rise the worse alarm would come late, when the slower one has already told less than the truth.',
    own('the on-delay of HH is at most that of H, that of LL at most that of L'),
  ),
  ABSENT_SLOW: warning(
    214,
    'Silence is told so late that half of the time to respond, or more, is gone before anybody knows that the point is blind. Shorten `absent.after`.',
    own('absence is told within half of the response time'),
  ),
  DELAY_EATS_RESPONSE: warning(
    215,
    'The on-delay (for a rate, with its window) takes half or more of the time that the operator has before the consequence. Shorten it, or trip earlier.',
    RATIONALE,
  ),
  ABSENT_UNWATCHED: warning(
    216,
    'Silence of this device is no alarm, and it has red or orange ones. A dead device would look calm for ever. Give `absent`, or leave it to its default.',
    own('loss of data is never taken for calm'),
  ),
  LIMIT_AT_RANGE_END: warning(
    217,
    'The limit stands at the very end of the range. A value beyond the range is of bad quality, so only exactly this value trips it. Move the limit in, or widen the range.',
  ),
  UNIT_MISSING: warning(
    218,
    'A number with limits and no unit. Whoever reads "3.2" in an alarm at night must know of what.',
    RATIONALE,
  ),
  RANGE_MISSING: info(
    219,
    'Without a range a broken transmitter at full scale looks like a real value and raises the limit alarm, and there is no default deadband. Give the measuring span.',
    memory('NAMUR NE 43: measuring range and failure signals are kept apart'),
  ),
  POINT_UNWATCHED: info(
    220,
    'The point is stored and shown; nothing judges it. If it can tell of danger, give it a limit or a rule; if it cannot, allow this finding and say why.',
    RATIONALE,
  ),
  LOSS_UNTOLD: warning(
    221,
    'A limit or rule of tier yellow or worse counts on this number, and it has no `bad`. Loss of the measurement, or a value beyond its range, would be told to nobody: bad quality trips no limit, and the last state stands. Give `bad` a tier, or allow this finding and say who notices.',
    own('loss of data is never taken for calm'),
  ),
  RANGE_EMPTY: error(230, 'A range is [lowest, highest] with the lowest first. Any value would be of bad quality.'),
  RANGE_ON_NON_NUMBER: error(231, 'Only a number has a range.'),
  LIMIT_ON_NON_NUMBER: error(232, 'Only a number has limits and rates.'),
  GAP_TOO_NARROW: error(
    233,
    'Samples are further apart than the gap that a slope may have, so it would never be judged. It looks like a watch and is none.',
  ),
  PROFILE_UNTESTED: warning(
    280,
    'No rule test covers anything of this profile. A limit that was never seen to trip is a hope. Write `*.test.yaml` beside it and run `davylamp test`.',
    own('every rule has a test'),
  ),
  CONDITION_UNTESTED: warning(
    281,
    'No rule test lets this limit, rule or group trip, so nobody has seen that it does. Add a case to the `*.test.yaml` of the profile or the groups.',
    own('every rule has a test'),
  ),
};
