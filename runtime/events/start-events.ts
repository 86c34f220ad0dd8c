import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { runConsumer } from "#db/event-log/consumer.ts";
import { EventLog } from "#db/event-log/event-log.ts";
import { runRelay } from "#db/event-log/relay.ts";
import { domains } from "#db/columns.ts";
import { operationProjection } from "#db/projections/operation-projection.ts";
import { vmProjection } from "#db/projections/vm-projection.ts";
import { endedAfter } from "#lib/pause.ts";
import { closeDatabases, type Databases, type DatabaseServer, openDatabases } from "#runtime/databases.ts";

export interface EventOptions {
  redisUrl: string | undefined;
}

export interface RunningEvents {
  log: EventLog;
  /** The databases under their system roles. */
  systems: Databases;
  /** Resolves after the signal, when everything has ended or was abandoned because a database does not answer. */
  ended: Promise<unknown>;
}

/** How long a task may take to end after the signal. An abandoned task is repeated after the next start. */
const endingMs = 3_000;

/** Starts everything that follows events all the time: a relay for each database, the log, and the consumers. */
export async function startEvents(
  server: DatabaseServer,
  { redisUrl }: EventOptions,
  signal: AbortSignal,
): Promise<RunningEvents> {
  const systems = await openDatabases(server, "system");
  const between = redisUrl
    ? redisBus(redisUrl)
    : notifyBus({ databases: systems, url: (source) => server.url(source, "system") });
  // Another process may hold a relay's lock. Its announcements then arrive by the second bus.
  const buses = [inProcessBus(), between];
  const eventLog = new EventLog({ databases: systems, buses, signal });
  const running = [
    eventLog.running,
    ...domains.map((domain) => runRelay({ domain, url: server.url(domain, "system"), buses, signal })),
    ...[systems.monitoring, systems.scheduler].map((target) =>
      runConsumer(vmProjection({ source: systems.vms, target }), { system: target, log: eventLog, signal }),
    ),
    ...domains.map((domain) =>
      runConsumer(operationProjection({ source: systems[domain], target: systems.vms }), {
        system: systems.vms,
        log: eventLog,
        signal,
      }),
    ),
  ];
  const ended = endedAfter(signal, endingMs, Promise.all(running)).then(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    await closeDatabases(systems);
  });
  return { log: eventLog, systems, ended };
}
