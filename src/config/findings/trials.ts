import { error, warning } from './kind.ts';

/** Rule tests: DL800 to DL899. */
export const TRIAL_FINDINGS = {
  DEVICE_UNKNOWN: error(
    800,
    'A rule test names a device that is neither configured nor described in the test; or an inhibition, a maintenance window or a drill one that is not configured.',
  ),
  DEVICE_MISSING: error(801, 'A rule test says of no device what it is about. Give it `device` or `devices`.'),
  EXPECTATION_EMPTY: error(803, 'An expectation that asks for nothing. Say what is to be in force.'),
  EXPECTATION_UNCLEAR: error(804, 'An expectation that can be read in several ways. Name one point or one alarm.'),
  TEST_EMPTY: error(805, 'A rule test without expectations proves nothing.'),
  TIMELINE_INVALID: error(806, 'An item of a feed is not of the grammar of timelines, as `hold 3.0 30s`.'),
  VARIANT_INVALID: error(807, 'An item of `also` is one of crashAt, shuffleWithin and duplicate.'),
  SHUFFLE_TOO_WIDE: error(
    808,
    'Within `time.lateness` order does not count; beyond it readings are late, and the result may differ.',
  ),
  TEST_FAILS: warning(
    809,
    'A rule test fails, or has a fault and cannot be run. Either the rules do not do what was agreed, or the test says something else than was meant: find out which. `davylamp test` shows what came instead.',
  ),
};
