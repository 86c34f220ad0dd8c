import { sql } from "drizzle-orm";
import { closeDatabases, type Databases, openDatabases } from "#runtime/databases.ts";
import type { Tx } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { append } from "#db/event-log/append.ts";
import type { EventBus } from "#db/event-log/buses/event-bus.ts";
import { EventLog, type FollowOptions, type EventStart } from "#db/event-log/event-log.ts";
import { runRelay } from "#db/event-log/relay.ts";
import { statement } from "#db/statement.ts";
import type { Event } from "#events/event.ts";
import { newId } from "#lib/uuid.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

export interface LogFixture {
  urls: TestDatabases;
  services: Databases;
  systems: Databases;
  /** Opens a log as a separate process would; it ends with the fixture. */
  log(buses?: readonly EventBus[], options?: { pollMs?: number; capacity?: number; signal?: AbortSignal }): EventLog;
  /** Starts the relays of these databases; they end with the fixture, or with the signal. */
  relay(
    buses: readonly EventBus[],
    options?: { domains?: readonly Domain[]; pollMs?: number; signal?: AbortSignal },
  ): void;
  stop(): Promise<void>;
}

/** Creates five databases without relays or readers, and the means to start both. */
export async function logFixture(): Promise<LogFixture> {
  const urls = await cloneDatabases();
  const server = { url: urls.url, embedded: false, stop: async () => undefined };
  const services = await openDatabases(server);
  const systems = await openDatabases(server, "system");
  const stopping = new AbortController();
  const running: Promise<unknown>[] = [];
  const busesUsed = new Set<EventBus>();
  const until = (signal?: AbortSignal) => (signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal);
  return {
    urls,
    services,
    systems,
    log: (buses = [], { signal, ...options } = {}) => {
      for (const bus of buses) busesUsed.add(bus);
      const log = new EventLog({ databases: systems, buses, signal: until(signal), ...options });
      running.push(log.running);
      return log;
    },
    relay: (buses, { domains: of = domains, signal, ...options } = {}) => {
      for (const bus of buses) busesUsed.add(bus);
      for (const domain of of) {
        running.push(
          runRelay({ domain, url: urls.url(domain), buses, signal: until(signal), takeoverMs: 50, ...options }),
        );
      }
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      await Promise.all([...busesUsed].map((bus) => bus.close()));
      await closeDatabases(services);
      await closeDatabases(systems);
      await urls.drop();
    },
  };
}

/** Returns an event of a VM, as a writer in the vms database would append it. */
export const vmEvent = (key: string, entityVersion: number, name = `vm ${entityVersion}`) => ({
  type: entityVersion === 1 ? ("vm.created" as const) : ("vm.updated" as const),
  key,
  entityVersion,
  payload: { name, state: "running", nodeId: null, ownerId: key, tags: {} },
});

/** Appends events of one VM in a separate transaction. */
export async function writeVmEvents(
  { services }: Pick<LogFixture, "services">,
  tenantId: string,
  key: string,
  versions: readonly number[],
  meanwhile: (tx: Tx) => Promise<void> = async () => undefined,
): Promise<void> {
  await services.vms.write({ tenantId, actor: "job:test" }, async (tx) => {
    for (const version of versions) await append(tx, [vmEvent(key, version)]);
    await placed(tx);
    await meanwhile(tx);
  });
}

const nothing = statement<never>(() => sql`select 1`);

/** Events are sent without waiting for their results. The result of this statement confirms that they have their places in the log. */
export const placed = (tx: Tx): Promise<unknown> => tx.run(nothing);

/** Follows the log until this many events have arrived. */
export async function take(
  log: EventLog,
  count: number,
  start: EventStart,
  options: Partial<FollowOptions> = {},
): Promise<Event[]> {
  const done = new AbortController();
  // This is not AbortSignal.timeout: one that only AbortSignal.any refers to is garbage-collected, and never fires.
  const late = setTimeout(() => done.abort(), 20_000);
  const signal = options.signal ? AbortSignal.any([done.signal, options.signal]) : done.signal;
  const taken: Event[] = [];
  for await (const { events } of log.follow(start, { ...options, signal })) {
    taken.push(...events);
    if (taken.length >= count) break;
  }
  clearTimeout(late);
  done.abort();
  return taken;
}

export const someTenant = (): string => newId();
