import type { Language, Text } from './text.ts';
import type { Tier } from './tier.ts';

export interface WebhookSettings {
  readonly url: string;
  /** Standard Webhooks secret, `whsec_…`. */
  readonly secret: string;
}

/** A robot of a chat group. */
export interface RobotSettings {
  /** Holds the robot's token: never logged, never shown. */
  readonly url: string;
  /** Signing secret; null where the robot has none (WeCom, or a robot that trusts a keyword). */
  readonly secret: string | null;
  /** Who is named in the message, by tier: telephone numbers (DingTalk), user ids (WeCom, Feishu), or `all`. */
  readonly mention: Readonly<Partial<Record<Tier, readonly string[]>>>;
}

/** Common Alerting Protocol 1.2, posted as XML. */
export interface CapSettings {
  readonly url: string;
  /** Value of the Authorization header; null = none. */
  readonly authorization: string | null;
  /** `sender` of CAP: who answers for the message. */
  readonly sender: string;
  readonly senderName: string;
  /** First 14 characters of the GB/T 35965.1 identifier: region (6), agency (3), unit (3), extension (2). */
  readonly identifier: string;
}

/** A request of any shape: SMS, telephone and other gateways. The texts are templates. */
export interface HttpSettings {
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for GET. */
  readonly body: string;
  /** What the answer must contain beside a 2xx to count as delivered; null = nothing. */
  readonly expect: string | null;
  /** What templates may name as `secret.…`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Publication on our own broker, `v1/{site}/alarms`, QoS 1. */
export interface MqttChannelSettings {
  /** Filter on sites; empty = all. */
  readonly sites: readonly string[];
}

export const CHANNEL_KINDS = ['webhook', 'dingtalk', 'wecom', 'feishu', 'cap', 'http', 'mqtt'] as const;

export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** How one receiver is reached. */
export type Channel =
  | { readonly kind: 'webhook'; readonly webhook: WebhookSettings }
  | { readonly kind: 'dingtalk' | 'wecom' | 'feishu'; readonly robot: RobotSettings }
  | { readonly kind: 'cap'; readonly cap: CapSettings }
  | { readonly kind: 'http'; readonly http: HttpSettings }
  | { readonly kind: 'mqtt'; readonly mqtt: MqttChannelSettings };

/** The URL a channel sends to, which may hold a token; null where it has none. */
export function addressOf(channel: Channel): string | null {
  switch (channel.kind) {
    case 'webhook':
      return channel.webhook.url;
    case 'dingtalk':
    case 'wecom':
    case 'feishu':
      return channel.robot.url;
    case 'cap':
      return channel.cap.url;
    case 'http':
      return channel.http.url;
    case 'mqtt':
      return null;
  }
}

/** More than `messages` in `perMs` would be refused or blocked by the receiver. Red comes first, a part is kept for it. */
export interface MessageRate {
  readonly messages: number;
  readonly perMs: number;
}

/** Alarm flood of one receiver (EEMUA 191): more than `start` new alarms in the window begin it, fewer than `end` end it. */
export interface FloodSettings {
  readonly start: number;
  readonly end: number;
  readonly windowMs: number;
  /** At most one digest in this time. */
  readonly digestEveryMs: number;
}

export interface Receiver {
  readonly id: string;
  readonly channel: Channel;
  /** Plain http to another host is accepted. */
  readonly allowHttp: boolean;
  readonly timeoutMs: number;
  /** After this the notification is a dead letter. */
  readonly giveUpAfterMs: number;
  /** Language of what people read. */
  readonly language: Language;
  /** Template of the text, and of its title; null = the built-in one of the channel. */
  readonly template: { readonly title: string | null; readonly text: string | null };
  /** null = no limit. */
  readonly rate: MessageRate | null;
  /** null = every event by itself, in a flood too. */
  readonly flood: FloodSettings | null;
}

/** When a route or a rota applies, by the wall clock of the configured time zone. Empty parts match always. */
export interface TimeMatch {
  /** 1 Monday to 7 Sunday. */
  readonly weekdays: readonly number[];
  /** Minutes of the day; `to` <= `from` goes past midnight. */
  readonly hours: readonly { readonly from: number; readonly to: number }[];
  /** Names of calendars, one of which must have the day. */
  readonly calendars: readonly string[];
  /** Names of calendars, none of which may have the day. */
  readonly except: readonly string[];
}

/** Days by name: holidays, key periods (重点时段). Local dates `YYYY-MM-DD`, both ends included. */
export type Calendar = readonly { readonly from: string; readonly to: string; readonly title: Text }[];

/** A duty roster: who stands for its name now. The first turn that applies counts; none = `otherwise`. */
export interface Roster {
  readonly turns: readonly { readonly when: TimeMatch; readonly to: readonly string[] }[];
  readonly otherwise: readonly string[];
}

/** Every set part must match; an empty one matches all. */
export interface RouteMatch {
  readonly tier: readonly Tier[];
  readonly site: readonly string[];
  readonly profile: readonly string[];
  /** A grid code or the beginning of one. */
  readonly grid: readonly string[];
  /** All of them must be on the device. */
  readonly tags: readonly string[];
  readonly when: TimeMatch | null;
}

/** A step of an escalation: whom to tell when nobody has acknowledged for so long. */
export interface EscalationStep {
  readonly afterMs: number;
  /** Receivers, or rosters. */
  readonly to: readonly string[];
  /** As enterprise, town, county, city. */
  readonly level: string | null;
}

export const GROUP_LABELS = ['site', 'grid', 'profile', 'device', 'tier'] as const;

export type GroupLabel = (typeof GROUP_LABELS)[number];

/** Events that wait for each other and come as one digest. Red never waits. */
export interface Grouping {
  readonly by: readonly GroupLabel[];
  /** How long the first waits for others. */
  readonly waitMs: number;
  /** Least time between two digests of one group. */
  readonly intervalMs: number;
}

/** One node of the routing tree: first match wins unless `continue`; children inherit what they do not say. */
export interface Route {
  readonly match: RouteMatch;
  /** Receivers, or rosters. */
  readonly to: readonly string[];
  readonly continue: boolean;
  readonly grouping: Grouping | null;
  readonly escalation: readonly EscalationStep[];
  readonly routes: readonly Route[];
}

/** Which of two alarms hides the other from receivers while it is active and not hidden itself. Never red. */
export interface Inhibition {
  readonly id: string;
  readonly source: InhibitionMatch;
  readonly target: InhibitionMatch;
  /** What both must share. */
  readonly equal: readonly ('site' | 'device' | 'grid' | 'profile')[];
}

export interface InhibitionMatch {
  readonly tier: readonly Tier[];
  readonly profile: readonly string[];
  /** Names of conditions, as `absent` or `outletPressure.HH`; `HH` is that of any point. */
  readonly condition: readonly string[];
  /** Conditions that do not match, named in the same way. */
  readonly except: readonly string[];
  /** Keys of devices. */
  readonly device: readonly string[];
  /** All of them must be on the device. */
  readonly tags: readonly string[];
}

/** Who is told, when and how: routes.yaml. */
export interface Routing {
  readonly receivers: readonly Receiver[];
  readonly routes: readonly Route[];
  readonly rosters: ReadonlyMap<string, Roster>;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly inhibitions: readonly Inhibition[];
}

/** Who is told of an alarm: its receivers, each with the grouping of the route that named it. */
export interface Recipient {
  readonly receiver: string;
  readonly grouping: Grouping | null;
}

/** What is promised of alarms of one tier, and how far they may be hidden. Times are milliseconds; null = never. */
export interface TierSettings {
  readonly title: Text;
  readonly acknowledgeWithinMs: number;
  /** First feedback (反馈) after the alarm was raised. */
  readonly reportWithinMs: number | null;
  readonly closeWithinMs: number | null;
  /** Repeated so often until somebody acknowledges. */
  readonly repeatMs: number | null;
  /** An acknowledged alarm that still holds after this is unacknowledged again (ISA-18.2 C to B). */
  readonly realarmMs: number | null;
  readonly bypass: TierBypass;
}

/** The suppression governor's terms for one tier. */
export interface TierBypass {
  /** Longest that a person may hide it at once. */
  readonly maxMs: number;
  /** A second person must agree. */
  readonly secondPerson: boolean;
}

/** Terms of the suppression governor for all tiers. */
export interface GovernorSettings {
  /** Bypasses by persons at once in one site (area). */
  readonly maxPerSite: number;
  /** So long before its end a bypass is announced. */
  readonly warnBeforeMs: number;
  /** A request that nobody agreed to lapses after this. */
  readonly requestMs: number;
}

/** A planned time in which alarms are suppressed by design. */
export interface MaintenanceWindow {
  readonly id: string;
  /** node-cron expression in the configured time zone: when it begins. */
  readonly schedule: string;
  readonly lengthMs: number;
  readonly site: string;
  readonly device: string | null;
  readonly profile: string | null;
  readonly upTo: Tier;
  readonly reason: string;
  readonly owner: string;
  /** The second person, where the tier needs one. */
  readonly approvedBy: string | null;
}

/** A scheduled exercise from the broker to the acknowledgement. */
export interface Drill {
  readonly id: string;
  readonly schedule: string;
  /** Device key. */
  readonly device: string;
  readonly values: Readonly<Record<string, number | boolean | string>>;
  /** Values that end it. */
  readonly back: Readonly<Record<string, number | boolean | string>>;
  /** The condition that must be raised. */
  readonly expect: string;
  readonly raisedWithinMs: number;
  /** Receivers that must have it by then; empty = all it is routed to. */
  readonly receivers: readonly string[];
  readonly deliveredWithinMs: number;
  /** null = nobody need acknowledge. */
  readonly acknowledgedWithinMs: number | null;
  /** Who hears that it failed. */
  readonly failTo: readonly string[];
}

/** Daily rolling assessment (每日滚动研判). */
export interface ReportSettings {
  readonly schedule: string;
  readonly to: readonly string[];
}
