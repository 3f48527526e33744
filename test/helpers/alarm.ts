import { type Alarm, type AlarmState, SHOWN_STATES, type ShownState } from '../../src/model/alarm.ts';
import { NOON } from './readings.ts';

/** An open alarm on `wujin-gas/cab-001`, point `p`. */
export function buildAlarm(parts: Partial<Alarm> = {}): Alarm {
  return {
    id: 'alm_01JTEST',
    key: 'wujin-gas/cab-001|p|high|actual',
    site: 'wujin-gas',
    device: 'cab-001',
    profile: 'gas-cabinet',
    point: 'p',
    rule: null,
    condition: 'p.H',
    direction: 'high',
    level: 1,
    latched: false,
    tier: 'yellow',
    baseTier: 'yellow',
    state: 'unacknowledged',
    shown: shownOf(parts.state),
    bypass: null,
    case: 'open',
    supervised: false,
    nuisance: null,
    status: 'actual',
    value: 3.3,
    unit: 'kPa',
    limit: 3,
    measured: null,
    quality: 'good',
    message: { en: 'p high', zh: 'p 高' },
    why: null,
    title: { en: 'p', zh: 'p' },
    location: null,
    grid: null,
    tags: [],
    ruleVersion: '1',
    occurredAt: NOON,
    receivedAt: NOON,
    raisedAt: NOON,
    notifiedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    annunciatedAt: NOON,
    annunciatedTier: 'yellow',
    escalations: 0,
    escalatedMs: null,
    repeatedAt: null,
    returnedAt: null,
    journalSeq: 1,
    occurrences: 1,
    revision: 1,
    ...parts,
  };
}

/** What a state shows; a hidden one is taken for an unacknowledged alarm. */
function shownOf(state: AlarmState | undefined): ShownState {
  return SHOWN_STATES.find((shown) => shown === state) ?? 'unacknowledged';
}
