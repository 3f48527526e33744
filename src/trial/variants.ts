import type { Device } from '../model/device.ts';
import { seeded } from './random.ts';
import type { Delivery } from './trial.ts';

/** How many readings may come between a reading and its repeat. */
const MOST_BETWEEN = 4;

/**
 * The deliveries with a share of them repeated: at once, or right after one of the next readings of the same device as
 * long as it comes within `latenessMs`. A repeat never comes alone, so it is no sign of life of its own.
 */
export function duplicated(
  deliveries: readonly Delivery[],
  share: number,
  seed: number,
  latenessMs: number,
): Delivery[] {
  const random = seeded(seed);
  const later = new Map<number, number[]>();
  for (const [place, { device }] of deliveries.entries()) {
    const places = later.get(device) ?? [];
    places.push(place);
    later.set(device, places);
  }
  const rank = new Map<number, number>();
  for (const places of later.values()) for (const [nth, place] of places.entries()) rank.set(place, nth);
  const repeats = new Map<number, Delivery[]>();
  for (const [place, delivery] of deliveries.entries()) {
    if (random() >= share) continue;
    const places = later.get(delivery.device) ?? [];
    let after = place;
    for (let skip = Math.floor(random() * MOST_BETWEEN); skip > 0; skip--) {
      const following = places[(rank.get(after) ?? 0) + 1];
      const arrives = following === undefined ? undefined : deliveries[following]?.arrives;
      if (following === undefined || arrives === undefined || arrives - delivery.arrives > latenessMs) break;
      after = following;
    }
    const arrives = deliveries[after]?.arrives ?? delivery.arrives;
    repeats.set(after, [...(repeats.get(after) ?? []), { ...delivery, arrives }]);
  }
  return deliveries.flatMap((delivery, place) => [delivery, ...(repeats.get(place) ?? [])]);
}

/** The deliveries with a `seq` for each live one, in the order of source times of its device. */
export function numbered(deliveries: readonly Delivery[]): Delivery[] {
  const last = new Map<number, number>();
  return deliveries.map((delivery) => {
    if (delivery.ts !== delivery.arrives) return delivery;
    const seq = (last.get(delivery.device) ?? 0) + 1;
    last.set(delivery.device, seq);
    return { ...delivery, seq };
  });
}

/** The live deliveries each late by less than `withinMs`, so that they overtake each other. */
export function shuffled(deliveries: readonly Delivery[], withinMs: number, seed: number): Delivery[] {
  const random = seeded(seed);
  return deliveries
    .map((delivery) => {
      if (delivery.ts !== delivery.arrives) return delivery;
      return { ...delivery, arrives: delivery.ts + Math.floor(random() * withinMs) };
    })
    .sort((a, b) => a.arrives - b.arrives);
}

/** The devices with readings judged in the order of their source times. */
export function inSourceOrder(devices: readonly Device[]): Device[] {
  return devices.map((device) => {
    const { profile } = device;
    return { ...device, profile: { ...profile, reporting: { ...profile.reporting, order: 'source' } } };
  });
}
