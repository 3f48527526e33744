import { error, warning } from './kind.ts';

/** Receivers and routes: DL400 to DL499. */
export const ROUTE_FINDINGS = {
  RECEIVER_UNKNOWN: error(400, 'A route names a receiver that is not there. The alarms it takes would reach nobody.'),
  ROUTE_TO_NOBODY: error(
    401,
    'A route without receivers of its own or above it. The alarms it takes would reach nobody.',
  ),
  SITE_UNKNOWN: error(402, 'A route asks for a site that is not configured, most often a misspelt one.'),
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
};
