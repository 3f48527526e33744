import type { Registry } from 'prom-client';
import type { CaseCommand, ShelveCommand } from '../alerts/alarm-commands.ts';
import type { AlarmFilter, EventFilter, LoggedEvent } from '../alerts/alarm-log.ts';
import type { BypassFilter } from '../alerts/bypasses.ts';
import type { CaseFilter } from '../alerts/case-book.ts';
import type { MissedPage, MissedQuery } from '../alerts/delivery/missed.ts';
import type { Outbox } from '../alerts/delivery/outbox.ts';
import type { Command } from '../alerts/ledger.ts';
import type { BypassRequest } from '../alerts/policy/governor.ts';
import type { ReceiverStatus } from '../alerts/receiver-status.ts';
import type { Drills } from '../drills.ts';
import type { AlarmTrace } from '../explain/alarm-trace.ts';
import type { Explainer } from '../explain/explainer.ts';
import type { DeadLetter, DeadLetterFilter } from '../ingest/dead-letter.ts';
import type { Alarm } from '../model/alarm.ts';
import type { Bypass } from '../model/bypass.ts';
import type { Case } from '../model/case.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Reading, Rejection } from '../model/reading.ts';
import type { ReloadOutcome } from '../model/reload.ts';
import type { Assessment } from '../report/assessment.ts';
import type { Reports } from '../report/reports.ts';
import type { Statistics } from '../statistics.ts';
import type { HistoryItem, HistoryQuery } from '../store/port.ts';

/** One part of the process and whether it can do its work now. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
}

/** What is known of a device now. */
export interface DeviceStatus {
  readonly lastSeenAt: number | null;
  readonly online: boolean | null;
}

/** What the HTTP API asks of the rest; app.ts gives it. */
export interface ApiPorts {
  /** The one in force; another after a reload. */
  readonly configuration: Configuration;
  readonly reload: {
    now(by: 'api'): Promise<ReloadOutcome>;
    loadedAt(): number;
    last(): ReloadOutcome | null;
  };
  readonly metrics: Registry;
  readiness(): Readiness;
  readonly alarms: {
    list(filter: AlarmFilter): { items: Alarm[]; next: string | null };
    get(id: string): Alarm | null;
    /** Throw AppError: ALARM_UNKNOWN, or a refusal of the alarm machine (ALARM_…). */
    acknowledge(id: string, command: Command): Promise<Alarm>;
    reset(id: string, command: Command): Promise<Alarm>;
    /** Throw AppError: ALARM_UNKNOWN, ALARM_NOT_SHELVED, or a refusal of the governor (BYPASS_…). */
    shelve(id: string, command: ShelveCommand): Promise<Bypass>;
    unshelve(id: string, command: Command): Promise<Alarm>;
  };
  readonly cases: {
    list(filter: CaseFilter): { items: Case[]; next: string | null };
    /** Throws AppError: ALARM_UNKNOWN. */
    get(alarm: string): Case;
    /** Throws AppError: ALARM_UNKNOWN, or a refusal of the case (CASE_…). */
    act(alarm: string, command: CaseCommand): Promise<Case>;
  };
  /** Throw AppError: BYPASS_UNKNOWN, or a refusal of the governor (BYPASS_…). */
  readonly bypasses: {
    list(filter: BypassFilter): { items: Bypass[]; next: string | null };
    get(id: string): Bypass | null;
    request(asked: BypassRequest): Promise<Bypass>;
    approve(id: string, command: Command): Promise<Bypass>;
    lift(id: string, command: Command): Promise<Bypass>;
  };
  readonly events: {
    list(filter: EventFilter): { items: LoggedEvent[]; next: number | null };
    /** Calls `listener` for each new event; gives the function that ends it. */
    follow(listener: (event: LoggedEvent) => void): () => void;
  };
  readonly rejections: { list(filter: DeadLetterFilter): { items: DeadLetter[]; next: string | null } };
  /** Throws AppError: CURSOR_INVALID, DELIVERY_UNKNOWN, DELIVERY_PENDING, OUTBOX_FULL. */
  readonly deliveries: Pick<Outbox, 'list' | 'redeliver'>;
  readonly receivers: {
    list(): readonly ReceiverStatus[];
    missed(query: MissedQuery): MissedPage;
  };
  /** Throws AppError: see {@link Explainer}. */
  readonly explain: Explainer & { trace(alarm: Alarm): Promise<AlarmTrace> };
  readonly statistics: Pick<Statistics, 'ask'>;
  readonly reports: Pick<Reports, 'list' | 'get'> & { page(assessment: Assessment): string };
  readonly drills: Pick<Drills, 'list'>;
  deviceStatus(deviceKey: string): DeviceStatus;
  /** Throws AppError: STORE_UNAVAILABLE, HISTORY_AGGREGATE_INVALID. */
  history(query: HistoryQuery): Promise<HistoryItem[]>;
  /**
   * Journals one reading as if it had come on its device's topic and resolves when it is durable.
   * Throws AppError: JOURNAL_BUSY, JOURNAL_FAILED, JOURNAL_CLOSED.
   */
  ingest(
    deviceKey: string,
    payload: string,
    client: string,
  ): Promise<{ readonly readings: readonly Reading[]; readonly rejections: readonly Rejection[] }>;
}
