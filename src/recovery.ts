import type { Position } from './alerts/ledger.ts';
import type { Register } from './alerts/register.ts';
import type { Decoder } from './ingest/decode/native.ts';
import type { Journal } from './ingest/journal.ts';
import { type DecodedGroup, decodeGroupOf, type Observer } from './ingest/pipeline.ts';
import type { Engine } from './rules/engine.ts';
import type { Batch, Environment, Table } from './runtime/database.ts';
import type { Logger } from './runtime/log.ts';

/** How often devices are saved, a few at a time, so that no save holds up the readings. */
export const SAVE_EVERY_MS = 100;
/** Devices of one save: more wait for the next. */
const SAVE_AT_ONCE = 500;
/** Devices of one commit when all are saved: some 50 ms of work. */
const SAVE_ALL_AT_ONCE = 5_000;
/**
 * A device is saved so many saves after it changed: half a minute, which bounds what a restart has to read again. A
 * snapshot costs more than judging some readings, so one that reports every second shall not be saved for each.
 */
const SAVE_AFTER = 300;
/** With no device to save, the position alone is written once in so many saves. */
const POSITION_EVERY = 10;

/**
 * The state of the rules on disk. Each device is saved by itself, a few at a time, together with the engine's position;
 * `floor` is the first journal record that some saved device has not seen, where a restart begins to read.
 */
export class RuleStates {
  private readonly states: Table<{ seq: number }>;
  private readonly floors: Table<number>;
  private readonly heads: number[] = [];
  private savedFloor: number;
  private savedSeq = 0;
  private saves = 0;
  private gone: string[] = [];

  constructor(environment: Environment) {
    this.states = environment.table('ruleStates', 'json');
    this.floors = environment.table('floors', 'json');
    this.savedFloor = this.floors.get('floor') ?? 1;
  }

  /** First record a restart would read: what lies before it may go. */
  get floor(): number {
    return this.savedFloor;
  }

  restore(engine: Engine): number {
    let restored = 0;
    const gone: string[] = [];
    for (const { key, value } of this.states.getRange({})) {
      if (engine.restore(String(key), value)) restored++;
      else gone.push(String(key));
    }
    this.forget(gone);
    return restored;
  }

  /**
   * Removes the state of what is not configured any more, with the next save: should it be configured again one day,
   * it must not come back as it was then.
   */
  forget(keys: readonly string[]): void {
    this.gone = [...this.gone, ...keys];
  }

  /**
   * To be called every {@link SAVE_EVERY_MS}: saves the devices that changed some seconds ago, in one commit with
   * `position`.
   *
   * @throws AppError `STATE_FAILED`
   */
  async save(engine: Engine, register: Register, position: Position): Promise<void> {
    this.heads.push(position.seq);
    this.saves++;
    const settled = this.heads.length > SAVE_AFTER ? (this.heads.shift() ?? 0) : 0;
    const taken = engine.takeUnsaved(settled, SAVE_AT_ONCE);
    if (taken.length === 0 && (this.saves % POSITION_EVERY !== 0 || position.seq === this.savedSeq)) return;
    await this.write(engine, register, position, taken);
  }

  /**
   * Saves all that has changed by now, some at a time.
   *
   * @throws AppError `STATE_FAILED`
   */
  async saveAll(engine: Engine, register: Register, position: () => Position): Promise<void> {
    const through = position().seq;
    for (let left = true; left; ) {
      const taken = engine.takeUnsaved(through, SAVE_ALL_AT_ONCE);
      left = taken.length >= SAVE_ALL_AT_ONCE;
      await this.write(engine, register, position(), taken);
    }
  }

  private async write(
    engine: Engine,
    register: Register,
    position: Position,
    taken: ReturnType<Engine['takeUnsaved']>,
  ): Promise<void> {
    const floor = Math.min(engine.unsavedSince, position.seq + 1);
    const { gone } = this;
    this.gone = [];
    await register.commit(position, (batch: Batch) => {
      for (const key of gone) batch.remove(this.states, key);
      for (const { key, snapshot } of taken) batch.put(this.states, key, snapshot);
      batch.put(this.floors, 'floor', floor);
    });
    this.savedSeq = position.seq;
    this.savedFloor = floor;
  }
}

export interface RecoveryDeps {
  readonly engine: Engine;
  readonly register: Register;
  readonly states: RuleStates;
  readonly journal: Journal;
  readonly decode: Decoder;
  readonly observer: Observer;
  readonly log: Logger;
  /** True while the engine repeats what is committed already: its changes are not to be taken again. */
  readonly mute: (muted: boolean) => void;
}

/**
 * Brings the engine to where it stood: restores the saved devices, repeats the journal from the floor up to the
 * committed position with its output muted, then goes on with what was never judged. The same `step` and `tick` as in
 * live operation, so windows, delays and alarms come out the same.
 */
export async function recover(deps: RecoveryDeps): Promise<Position> {
  const { engine, register, states, journal, decode, observer, log } = deps;
  const position = register.position();
  const restored = states.restore(engine);
  engine.reschedule();
  let repeated = 0;
  let late = 0;
  deps.mute(true);
  const judge: Observer = {
    ...observer,
    reading(reading, seq) {
      if (seq > position.seq) {
        late++;
        endOfRepeat();
      } else repeated++;
      observer.reading(reading, seq);
    },
    resumed(resumed, at, seq) {
      if (seq > position.seq) endOfRepeat();
      observer.resumed(resumed, at, seq);
    },
  };
  let muted = true;
  function endOfRepeat(): void {
    if (!muted) return;
    muted = false;
    engine.tick(position.at);
    deps.mute(false);
  }
  let last: DecodedGroup | null = null;
  for (const group of journal.read(Math.min(states.floor, position.seq + 1))) {
    last = decodeGroupOf(group, decode, judge);
    if (register.hasPending) await register.commit({ seq: last.lastSeq, at: engine.now });
  }
  endOfRepeat();
  const reached = { seq: Math.max(position.seq, last?.lastSeq ?? 0), at: engine.now };
  await register.commit(reached);
  log.info({ devices: restored, repeated, late, seq: reached.seq }, 'engine state recovered');
  return reached;
}
