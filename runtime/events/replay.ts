import type { Environment } from "#runtime/environment.ts";
import { consumerPosition, replayEvents } from "#db/event-log/consumer.ts";
import { vmProjectionConsumer } from "#db/projections/vm-projection.ts";
import { positionText } from "#lib/live/event-position.ts";
import { startOf, withEventLog } from "./with-event-log.ts";

export interface ReplayRequest {
  name: string;
  target: "monitoring" | "scheduler";
  after: string;
}

const consumers = [vmProjectionConsumer];

/** Sets a consumer back, so that it processes the events after a position once more. */
export async function replay(
  environment: Environment,
  { name, target, after }: ReplayRequest,
): Promise<{ events: number; after: string }> {
  const consumer = consumers.find((each) => each.name === name);
  if (!consumer) {
    const known = consumers.map((each) => each.name).join(", ");
    throw Object.assign(new Error(`There is no consumer ${name}; there are ${known}.`), { code: "USAGE" });
  }
  const start = startOf(after);
  return withEventLog(environment, async ({ log, systems }) => {
    const position = typeof start === "string" ? await log.positionOf(start, [consumer.source]) : start;
    const from = position[consumer.source];
    if (!from || !(await consumerPosition(systems[target], consumer))) {
      throw Object.assign(new Error(`${name} has read nothing of ${consumer.source} in ${target} yet.`), {
        code: "USAGE",
      });
    }
    const events = await replayEvents(systems[target], consumer, from, log);
    return { events, after: positionText({ [consumer.source]: from }) };
  });
}
