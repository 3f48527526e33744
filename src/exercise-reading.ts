import { connectAsync } from 'mqtt';
import { telemetryTopic } from './ingest/wire.ts';
import type { MqttListener } from './model/configuration.ts';
import { AppError } from './model/error.ts';
import type { Value } from './model/reading.ts';

export interface ExerciseDeps {
  readonly listeners: () => readonly MqttListener[];
  /** Where they listen, in the same order. */
  readonly addresses: () => readonly { readonly host: string; readonly port: number }[];
  /** Takes a message in front of the journal, as the broker does once it has admitted it. */
  readonly inject: (device: string, payload: string) => Promise<void>;
}

const DEADLINE_MS = 10_000;

/**
 * Sends readings with `status: exercise` as a device does: a client of our own broker, QoS 1, over a listener of this
 * computer that takes anonymous clients. Passwords are kept as hashes only, so where there is no such listener the
 * reading is handed to the journal, which is the next stage behind the broker.
 */
export function createExercise(deps: ExerciseDeps) {
  return async (device: string, values: Readonly<Record<string, Value>>): Promise<void> => {
    const payload = JSON.stringify({ values, status: 'exercise' });
    const listeners = deps.listeners();
    const address = deps.addresses().find((_, i) => isOpen(listeners[i]));
    if (address) await publish(address, telemetryTopic(device), payload);
    else if (listeners.some(isOpen)) throw new AppError('EXERCISE_NOT_SENT', 'the MQTT broker does not listen');
    else await deps.inject(device, payload);
  };
}

function isOpen(listener: MqttListener | undefined): boolean {
  return listener?.anonymous === true && listener.tls === null;
}

/** @throws AppError `EXERCISE_NOT_SENT` */
async function publish(address: { host: string; port: number }, topic: string, payload: string): Promise<void> {
  const host = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host;
  try {
    const client = await connectAsync({
      host,
      port: address.port,
      protocol: 'mqtt',
      reconnectPeriod: 0,
      connectTimeout: DEADLINE_MS,
    });
    try {
      await settled(client.publishAsync(topic, payload, { qos: 1 }));
    } finally {
      client.end(true);
    }
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('EXERCISE_NOT_SENT', words || 'no connection', { cause });
  }
}

/** A PUBACK that never comes is a fault of its own: nothing is acknowledged that is not durable. */
async function settled(published: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no PUBACK in ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    await Promise.race([published, late]);
  } finally {
    clearTimeout(timer);
  }
}
