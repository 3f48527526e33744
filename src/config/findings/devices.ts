import { error, memory, warning } from './kind.ts';

const CHANGE = memory('ISA-18.2-2016 / IEC 62682:2014, management of change: unauthorised changes of alarm settings 0');

/** Sites, devices and what they change: DL300 to DL399. */
export const DEVICE_FINDINGS = {
  PROFILE_UNKNOWN: error(300, 'A device, a route or a maintenance window names a profile that is not there.'),
  POINT_UNKNOWN: error(
    301,
    'A point that the profile does not have. The limit would watch nothing, the drill raise nothing.',
  ),
  SITE_TWICE: error(302, 'Two files give the same site another title or grid. Give them in the first only.'),
  DEVICES_NONE: warning(
    303,
    'No device is configured. The engine would start, watch nothing and look calm. Most often --config names the wrong directory.',
  ),
  OVERRIDE_UNREFERENCED: warning(
    310,
    'A device departs from its profile and nothing says who approved it. Give the reference of the change in `change`, so that any alarm can be walked back to the decision.',
    CHANGE,
  ),
  OVERRIDE_WEAKER: warning(
    311,
    'A device alarms later than its profile says: a set point further out, a longer delay, a less urgent tier, or no latch. Without the reference of an approved change this is how an alarm is lost unseen. Give it in `change`, or take the override out.',
    CHANGE,
  ),
  OVERRIDE_EXPIRED: warning(
    312,
    'An override was meant to end on a day that has passed. It is still in force, because a limit must not change by itself overnight. Take it out, or have it approved anew.',
    CHANGE,
  ),
};
