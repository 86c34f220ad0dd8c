import { tenantOf } from "#cli/auth/lookups.ts";
import type { Environment } from "#runtime/environment.ts";
import type { EventFilter } from "#db/event-log/event-log.ts";
import { type Event, eventSources, type EventSource, type EventType } from "#events/event.ts";
import { type EventPosition, positionText } from "#lib/live/event-position.ts";
import { startOf, withEventLog } from "#runtime/events/with-event-log.ts";

export interface TailRequest {
  after: string;
  database: readonly EventSource[];
  type: readonly EventType[];
  /** The name or the id of the tenant. */
  tenant?: string | undefined;
  limit?: number | undefined;
  follow: boolean;
}

const pageSize = 500;

/** Prints events until Ctrl-C, the limit or, unless it follows, the end of the log. Reports the position to continue from. */
export async function tailEvents(
  environment: Environment,
  request: TailRequest,
  printEvent: (event: Event, position: string) => void,
  print: (line: string) => void,
): Promise<void> {
  const start = startOf(request.after);
  await withEventLog(environment, async ({ log, systems, signal }) => {
    const filter: EventFilter = {
      sources: request.database.length > 0 ? request.database : eventSources,
      types: request.type.length > 0 ? request.type : undefined,
      tenantId: request.tenant && (await tenantOf({ system: systems.auth }, request.tenant)),
    };
    let position: EventPosition = typeof start === "string" ? await log.positionOf(start, filter.sources) : start;
    let left = request.limit ?? Infinity;
    /** @returns whether more may be printed */
    const printAll = (events: readonly Event[]): boolean => {
      for (const event of events) {
        if (left === 0) return false;
        const { source, id, transaction } = event;
        const before = position[source];
        if (before) position = { ...position, [source]: { ...before, id, transaction } };
        printEvent(event, positionText(position));
        left -= 1;
      }
      return left > 0;
    };
    if (request.follow) {
      for await (const batch of log.follow(position, { ...filter, signal })) {
        if (!printAll(batch.events)) break;
        position = batch.position;
      }
    } else {
      for (let more = true; more && !signal.aborted;) {
        const page = await log.read(position, { ...filter, limit: pageSize });
        more = printAll(page.events) && page.more;
        if (left > 0) position = page.position;
      }
    }
    print(`resume with --after ${positionText(position)}`);
  });
}
