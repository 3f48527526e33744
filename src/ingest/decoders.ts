import type { Device } from '../model/device.ts';
import { createNativeDecoder, type Decoder } from './decode/native.ts';
import type { Envelope } from './envelope.ts';
import { Repeats } from './repeats.ts';
import type { ValidateSettings } from './validate.ts';

/** What of a configuration decides how messages are read. */
export interface DecoderSettings extends ValidateSettings {
  readonly devices: ReadonlyMap<string, Device>;
}

/** The decoders of one run: that of the configuration in force, and former ones for as long as they are needed. */
export interface Decoders {
  /** Reads a message as of now. One function for the whole run, so that repeats are known across a change. */
  readonly decode: Decoder;
  /** Reads the journal record `seq` as it was read when it came. */
  at(seq: number): Decoder;
  /** From the record after `seq` on, messages are read by another configuration. */
  change(settings: DecoderSettings, seq: number): void;
  /** Nobody will ask for records up to `seq` any more. */
  release(seq: number): void;
}

/**
 * Decoders by journal sequence. What was taken from a device that is no longer configured still has to reach the store,
 * however late, so its decoder is kept until the store has it.
 */
export function createDecoders(settings: DecoderSettings): Decoders {
  /** Oldest first. */
  let ages: { decode: Decoder; until: number }[] = [];
  let current = createNativeDecoder(settings.devices, settings);
  return {
    decode: Object.assign((envelope: Envelope) => current(envelope), { repeats: new Repeats() }),
    at: (seq) => ages.find(({ until }) => seq <= until)?.decode ?? current,
    change(next, seq) {
      ages.push({ decode: current, until: seq });
      current = createNativeDecoder(next.devices, next);
    },
    release(seq) {
      if (ages.length > 0) ages = ages.filter(({ until }) => until > seq);
    },
  };
}
