import { error, own, warning } from './kind.ts';

/** Listeners, store, times and accounts: DL500 to DL599. */
export const SETTING_FINDINGS = {
  TIMEZONE_UNKNOWN: error(500, 'The time zone is none that is known. Write an IANA name, as Asia/Shanghai.'),
  CRON_INVALID: error(501, 'A schedule is minute, hour, day, month and weekday, as "15 3 * * *".'),
  HOST_INVALID: error(502, 'What looks like an address is none.'),
  PORT_INVALID: error(503, 'A port is a whole number from 0 to 65535.'),
  PORT_TWICE: error(504, 'Two listeners want the same address and port. The second could not start.'),
  MQTT_ANONYMOUS: error(
    505,
    'Anyone who reaches the listener could publish readings in the name of any device, that is, hide an alarm or invent one. Anonymous clients are for loopback; elsewhere `insecure: true` must say that it is meant.',
  ),
  MQTT_PLAINTEXT: warning(
    506,
    'Passwords and readings cross the network in clear. Add `tls`, or accept it with `insecure: true`.',
  ),
  HTTP_EXPOSED: error(
    507,
    'The API has no login: who reaches it can acknowledge and reset alarms. Listen on loopback behind a proxy that checks who asks.',
  ),
  URL_INVALID: error(508, 'Not a URL that can be called.'),
  URL_CREDENTIALS: error(509, 'A user or password in a URL ends up in logs. Use the keys that are made for them.'),
  URL_PLAINTEXT: error(
    510,
    'Alarms would cross the network in clear, readable and changeable on the way. Use https, or accept it with `allowHttp: true`.',
  ),
  STORE_PLAINTEXT: warning(511, 'The password and the readings cross the network to the database in clear. Use https.'),
  JOURNAL_TOO_SMALL: error(
    512,
    'The journal is smaller than one packet, so such a packet could never be acknowledged.',
  ),
  LIVE_WINDOW_TOO_SHORT: error(
    513,
    'Readings that the engine waits for (`lateness`) would be too old to alarm (`liveWindow`) once they come. Make `liveWindow` the longer.',
  ),
  SECRET_LITERAL: error(
    514,
    'A secret stands in the file, where backups and version control keep it. Use the environment or a file of its own.',
  ),
  SECRET_TWICE: error(515, 'A secret is given twice, and only one can count. Keep one.'),
  SECRET_INVALID: error(
    516,
    'A webhook secret is whsec_ and the base64 of 24 to 64 random bytes, as the Standard Webhooks say.',
  ),
  MAINTENANCE_TOO_LONG: error(
    517,
    'A maintenance window hides alarms for longer than their tier may be hidden at once. Shorten it, or hide less urgent tiers only: what is worse breaks through.',
    own('every bypass has a maximum by tier'),
  ),
  MAINTENANCE_UNAPPROVED: error(
    518,
    'A maintenance window hides alarms of a tier to which a second person must agree. Name one in `approvedBy` who is not the owner.',
    own('no red alarm is hidden by one person alone'),
  ),
  DRILL_SAME_WAY: error(
    519,
    'A failed drill must be told on another way than the one that failed. Name a receiver in `failTo` that is none of `receivers`.',
  ),
  HASH_INVALID: error(
    520,
    'Not a password hash that `davylamp users` writes, or one so costly that logins would starve the process.',
  ),
  HASH_WEAK: warning(
    521,
    'The hash is cheap to compute, so a stolen file tells the password soon. Make it anew with `davylamp users add`.',
  ),
  USERNAME_ROLE: error(
    522,
    'The user name of a device is {site}/{device}; those of gateways and readers have no slash.',
  ),
  FILTERS_FIXED: error(
    523,
    'Topic filters on an account whose topics follow from its name or role. They would not count: remove them.',
  ),
  TOPIC_FILTER_INVALID: error(
    524,
    'Not a topic filter that may be granted: `#` stands alone at the end, `+` alone between slashes.',
  ),
  ACCOUNT_WITHOUT_DEVICE: warning(
    525,
    'An account of a device that is not configured. What it publishes goes to the dead letters.',
  ),
  NO_ACCOUNTS: warning(526, 'Every listener asks for an account and there is none, so no device can log in.'),
};
