import type { Databases } from "../databases.ts";
import { type ConsumerLag, consumerLags, relayLag, type RelayLag } from "#db/event-log/lag.ts";

export interface EventLag {
  relays: RelayLag[];
  consumers: ConsumerLag[];
}

/** Returns how far every relay and every consumer is behind. */
export async function eventLag(systems: Databases): Promise<EventLag> {
  const all = Object.values(systems);
  const [relays, consumers] = await Promise.all([
    Promise.all(all.map((system) => relayLag(system))),
    Promise.all(all.map((system) => consumerLags(system, (source) => systems[source]))),
  ]);
  return { relays, consumers: consumers.flat() };
}
