import type { SystemEvent } from '../model/alarm.ts';
import { iso } from '../model/alarm-wire.ts';
import { ulidOf } from '../runtime/identity.ts';
import type { Flood } from './policy/desk.ts';

/** For the receiver whose flood begins: why it will hear less from now on. */
export function floodBegan(receiver: string, { firstOut }: Flood, at: number): SystemEvent {
  const { alarm, subject, condition, tier, message } = firstOut;
  return {
    id: `evt_${ulidOf(at, 'flood-began', receiver, alarm)}`,
    type: 'davylamp.system.flood-began',
    at,
    code: 'FLOOD_BEGAN',
    message: {
      en: `alarm flood: red is told as ever, everything else in digests, led by the alarm that was too many: ${message.en}`,
      zh: `报警泛滥：红色报警照常逐条发送，其余汇总发送；触发报警：${message.zh}`,
    },
    details: { receiver, alarm, subject, condition, tier },
  };
}

/** For the same receiver, when it is over; what is still waiting follows in a last digest. */
export function floodEnded(receiver: string, { beganAt, firstOut, raised, held }: Flood, at: number): SystemEvent {
  const minutes = Math.max(1, Math.round((at - beganAt) / 60_000));
  return {
    id: `evt_${ulidOf(at, 'flood-ended', receiver, beganAt)}`,
    type: 'davylamp.system.flood-ended',
    at,
    code: 'FLOOD_ENDED',
    message: {
      en: `the alarm flood is over after ${minutes} min: ${raised} new alarms, ${held} events in digests`,
      zh: `报警泛滥结束，历时 ${minutes} 分钟：新报警 ${raised} 个，汇总事件 ${held} 条`,
    },
    details: { receiver, beganAt: iso(beganAt), alarm: firstOut.alarm, raised, held },
  };
}
