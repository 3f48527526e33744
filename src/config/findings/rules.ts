import { error, memory, own, warning } from './kind.ts';

const RATIONALE = memory('ISA-18.2-2016 / IEC 62682:2014, rationalisation');

/** Rules beyond limits and rates, expressions and groups: DL700 to DL799. */
export const RULE_FINDINGS = {
  RULE_KIND: error(
    700,
    'A rule looks at one thing, and the key that says at what is missing, or there are several. Give it exactly one.',
  ),
  RULE_UNKNOWN: error(
    701,
    'A device changes, or a suppression hides, a rule that the profile does not have, most often a misspelt id.',
  ),
  RULE_KEY_UNFIT: error(702, 'A device changes something of a rule that rules of this kind do not have.'),
  RULE_TYPE: error(
    703,
    'The type of the point does not go with the rule: a deviation needs numbers, a state a value that the point can have.',
  ),
  RULE_OUTSIDE_RANGE: error(
    704,
    'Within the range of the points the rule can never trip, or never clear. It looks like a watch and is none.',
  ),
  RULE_UNITS: error(
    705,
    'Two points of different units are compared, so that the difference means nothing. Convert one of them, or compare others.',
  ),
  POINT_ITSELF: error(706, 'A point is compared with itself, which never differs. Name two points.'),
  STATE_UNCLEAR: error(707, 'A state rule lists the normal states or the alarming ones, not both, nor all there are.'),
  BITS_UNCLEAR: error(708, 'A bit pattern is one bit or one mask, and asks only for bits that the mask lets through.'),
  DISCREPANCY_UNCLEAR: error(
    709,
    'A discrepancy compares two measurements (`between` and `by`), or a command and its feedback, not both.',
  ),
  DISCREPANCY_NO_TRAVEL: warning(
    710,
    'A valve takes time to follow its command. Without an on-delay each command is an alarm until the feedback comes. Give the travel time, and a little more.',
    RATIONALE,
  ),
  STUCK_TOO_FEW_REPORTS: warning(
    711,
    'At the reporting interval fewer reports come in the time than are asked for, so the rule trips later than it says.',
  ),
  DELAY_TOO_LONG: warning(
    712,
    'The on-delay is as long as the time to respond, or longer: when the alarm comes, it is too late. Shorten it.',
    RATIONALE,
  ),
  SIGNAL_UNTOLD: warning(
    713,
    'A loop current that says the transmitter has failed makes the value bad, and nobody is told. Add `bad` to the point.',
    memory('NAMUR NE 43: failure signals <= 3.6 mA and >= 21 mA'),
  ),
  EXPRESSION_INVALID: error(
    714,
    'The expression cannot be read, names a point that is not there, or mixes numbers, texts and conditions. The message quotes the part that is wrong.',
  ),
  RULE_KEY_STRAY: error(
    715,
    'The key belongs to another kind of rule and would be ignored here. What is ignored looks like a watch and is none.',
  ),
  STEP_ORDER: error(
    716,
    'The steps of one alarm rise with their tier: what is further out must be more urgent, or the alarm would calm down while the process gets worse.',
    RATIONALE,
  ),
  CALC_CIRCLE: error(
    717,
    'Calculated points depend on each other in a circle, so that none of them can be worked out. Let one of them name reported points only.',
  ),
  STATISTIC_UNCLEAR: error(
    718,
    'A statistic needs to know what is normal, either as told (`fixed`) or learned; and a moving average has one weight.',
  ),
  FORECAST_UNCLEAR: error(
    719,
    'A forecast has one time with its tier (`before` and `tier`), or a time for each tier (`steps`), not both.',
  ),
  FORECAST_NO_LIMIT: error(
    720,
    'The forecast leads to a limit that the point does not have. Give the point that limit, or name the value with `to`.',
  ),
  FORECAST_BEYOND_HORIZON: error(
    721,
    'A line may be drawn on for three times its window. A longer time would never clear, for want of anything beyond it.',
    own('the horizon of a forecast is three windows'),
  ),
  SUPPRESSION_UNAPPROVED: error(
    722,
    'A suppression hides alarms of a tier to which a second person must agree. Name one in `approvedBy` who is not the owner.',
    own('no red alarm is hidden by one person alone'),
  ),
  SUPPRESSION_UNFOUNDED: error(
    723,
    'A suppression by design is a decision that somebody answers for: it has a reason that the next shift understands, and an owner.',
    memory('ISA-18.2-2016 / IEC 62682:2014, suppression by design'),
  ),
};
