import { error, info, memory, own, warning } from './kind.ts';

const FLOOD = memory('EEMUA 191: a flood begins above 10 new alarms in 10 minutes and ends below 5');

/** Receivers and routes: DL400 to DL499. */
export const ROUTE_FINDINGS = {
  RECEIVER_UNKNOWN: error(
    400,
    'A route, roster, drill or report names a receiver or roster that is not there. What it takes would reach nobody.',
  ),
  ROUTE_TO_NOBODY: error(
    401,
    'A route without receivers of its own or above it. The alarms it takes would reach nobody.',
  ),
  SITE_UNKNOWN: error(
    402,
    'A route, receiver or maintenance window asks for a site that is not configured, most often a misspelt one.',
  ),
  RECEIVER_UNUSED: warning(403, 'No route leads to this receiver. It hears of alarms only when no route matches.'),
  ALARMS_UNREACHED: warning(
    404,
    'Alarms of a tier that no route takes. So that none is lost every receiver is told of them, which is seldom what is meant. Add a route for the tier.',
  ),
  ROUTE_SHADOWED: warning(
    405,
    'Routes are tried in order and the first that matches takes the alarm. Routes before this one, or the one above it, leave nothing for it. Move it up, or give the earlier one `continue: true`.',
  ),
  ROUTE_WITHOUT_ALARM: warning(
    406,
    'No configured device, limit or rule can raise an alarm that this route matches: a tier that is not used there, or a profile that the site does not have. Whoever counts on it waits in vain.',
  ),
  CHANNEL_MISSING: error(407, 'A receiver without a channel cannot be told of anything.'),
  CHANNEL_TWICE: error(408, 'A receiver has one channel, so that each delivery has one outcome. Make two receivers.'),
  ROSTER_NAME_TAKEN: error(409, 'A roster has the name of a receiver, so that a route could mean either. Rename one.'),
  CALENDAR_UNKNOWN: error(410, 'A route or a turn of a roster names a calendar that is not there.'),
  CALENDAR_ORDER: error(411, 'The last day of an entry lies before its first, so no day is in it.'),
  ESCALATION_ORDER: error(
    412,
    'Steps of an escalation come one after the other. A step that is not later than the one before it would be told out of order.',
  ),
  INHIBITION_OF_RED: error(413, 'Red alarms are never hidden by others. Leave red out of `target`.'),
  INHIBITION_UPWARD: error(
    414,
    'A less urgent alarm never hides a more urgent one, so this inhibition would do nothing. Turn it round, or leave it out.',
  ),
  INHIBITION_TOO_WIDE: error(
    415,
    'Without anything that source and target share, one alarm anywhere would hide others everywhere. Say `equal`, or name the device of the source.',
  ),
  FLOOD_ORDER: error(416, 'A flood that has begun must be able to end: `end` is at most `start`.', FLOOD),
  HTTP_BODY_STRAY: error(417, 'A GET request sends no body, so the text would reach nobody.'),
  ROSTER_UNUSED: warning(418, 'No route leads to this roster. Whoever is on duty by it hears nothing for it.'),
  ROSTER_TURN_NEVER: warning(
    419,
    'There is no time at which it is this turn: turns before it always come first, or its weekdays, hours and calendars exclude each other. Whoever counts on it waits in vain.',
  ),
  CALENDAR_PAST: warning(
    420,
    'All days of the calendar are over, so nothing that depends on it applies any more. Calendars are renewed every year.',
  ),
  GROUPING_WITHOUT_LABELS: warning(421, 'Waiting times of a grouping where nothing is grouped. Say `groupBy`.'),
  ESCALATION_TO_SAME: info(
    422,
    'A step of an escalation that tells only those who were told before. Escalation goes to the next person, then to the next level; telling the same again is `repeat` of the tier.',
    own('who did not answer is not the one to ask again'),
  ),
  RED_SINGLE_CHANNEL: info(
    423,
    'Red alarms go out on one channel only, or on two to the same host, which fail together. Name a second receiver of another kind.',
    own('red goes out on two independent channels'),
  ),
  ROBOT_URL_LITERAL: warning(
    424,
    'The address of a robot holds its token: who has it can write to the group. In a file it ends up in backups and version control. Write it as "${NAME}", with the value in the environment.',
  ),
  TEMPLATE_INVALID: error(
    425,
    'A template cannot be read, or cannot be filled in for some kind of event: a name or a filter that is not there, or a body that would not be JSON. Every template is tried with a sample of every event. The README lists what templates can name.',
  ),
};
