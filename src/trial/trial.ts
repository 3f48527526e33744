import type { AlarmEventType, AlarmState } from '../model/alarm.ts';
import type { Device } from '../model/device.ts';
import type { Group } from '../model/group.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Tier } from '../model/tier.ts';

/** One reading on its way to the engine. Times are milliseconds since the start of the test. */
export interface Delivery {
  readonly arrives: number;
  readonly ts: number;
  /** Position in {@link Trial.devices}. */
  readonly device: number;
  readonly seq: number | null;
  readonly values: Readonly<Record<string, Value>>;
  readonly qualities: Readonly<Record<string, Quality>>;
  readonly historical: boolean;
}

/** Which alarms are meant; each part that is not null must fit. */
export interface Selector {
  /** Key of a device or group. */
  readonly device: string | null;
  /** Name of a condition, or id of a rule. */
  readonly condition: string | null;
  /** A point whose limit ladder is meant, whichever limit it is at. */
  readonly ladder: string | null;
}

/** What is to be in force at a time. */
export interface Expectation {
  readonly at: number;
  readonly which: Selector;
  /** True: nothing that {@link which} selects is in force. */
  readonly none: boolean;
  readonly state: AlarmState | null;
  readonly tier: Tier | null;
  readonly line: number | null;
  /** As it is written, for people. */
  readonly text: string;
}

/** An event that is to be sent. */
export interface ExpectedEvent {
  readonly at: number;
  readonly which: Selector;
  readonly type: AlarmEventType | null;
  readonly tier: Tier | null;
  /** null = whoever it goes to. */
  readonly to: readonly string[] | null;
  readonly text: string;
}

/** What an operator does. */
export interface Command {
  readonly kind: 'acknowledge' | 'reset';
  readonly at: number;
  readonly by: string;
  readonly which: Selector;
  readonly line: number | null;
  readonly text: string;
}

/** What must not change the result. */
export type Variant =
  | { readonly kind: 'crash'; readonly at: number }
  | { readonly kind: 'shuffle'; readonly withinMs: number; readonly seed: number }
  | { readonly kind: 'duplicate'; readonly share: number; readonly seed: number };

/** One test, ready to run. */
export interface Trial {
  readonly name: string;
  /** Relative to the configuration directory. */
  readonly file: string;
  readonly line: number | null;
  /** Epoch milliseconds at which it begins. */
  readonly start: number;
  readonly devices: readonly Device[];
  /** Configured groups whose members are in the test. */
  readonly groups: readonly Group[];
  /** In the order of their arrival. */
  readonly deliveries: readonly Delivery[];
  /** In the order of their times. */
  readonly commands: readonly Command[];
  readonly expectations: readonly Expectation[];
  /** null = the events are not compared. */
  readonly notified: { readonly line: number | null; readonly events: readonly ExpectedEvent[] } | null;
  readonly variants: readonly Variant[];
  /** When it is over, milliseconds since the start. */
  readonly endMs: number;
}
