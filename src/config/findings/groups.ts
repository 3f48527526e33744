import { error } from './kind.ts';

/** Groups over several devices and gateways: DL760 to DL799. */
export const GROUP_FINDINGS = {
  MEMBER_UNKNOWN: error(
    760,
    'A group names a device that is not configured, or its choice of devices is empty. What is not there cannot vote or count.',
  ),
  MEMBER_UNFIT: error(761, 'A channel of a vote is no number that a device reports. Only such a value has set points.'),
  MEMBER_UNIT: error(762, 'The channels of a vote are in different units, so that one set point cannot fit them all.'),
  MEMBER_TWICE: error(763, 'The same channel stands twice among the members of a vote and would have two votes.'),
  VOTE_CHANNELS: error(
    764,
    'The N of MooN is not the number of members, or more votes are asked for than there are channels.',
  ),
  COUNT_UNCLEAR: error(765, 'A level of a count is a number of members (`at`) or a part of them (`share`), not both.'),
  COUNT_TOO_HIGH: error(766, 'A level of a count asks for more members than there are: it would never trip.'),
  CONDITION_UNKNOWN: error(
    767,
    'A first-out group, a rule test, an inhibition or a drill names a condition that its device cannot raise: a limit, rate or rule that it does not have.',
  ),
};
