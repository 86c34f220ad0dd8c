import type { Environment } from "#runtime/environment.ts";
import { type Domain, domains } from "#db/columns.ts";
import { consumerPosition, replayEvents } from "#db/event-log/consumer.ts";
import { operationProjectionConsumer } from "#db/projections/operation-projection.ts";
import { vmProjectionConsumer } from "#db/projections/vm-projection.ts";
import { positionText } from "#lib/live/event-position.ts";
import type { ProjectionTarget } from "./projections.ts";
import { startOf, withEventLog } from "./with-event-log.ts";

export interface ReplayRequest {
  name: string;
  target: ProjectionTarget;
  after: string;
}

interface Replayable {
  name: string;
  sources: readonly Domain[];
  targets: readonly ProjectionTarget[];
}

const consumers: readonly Replayable[] = [
  { name: vmProjectionConsumer.name, sources: [vmProjectionConsumer.source], targets: ["monitoring", "scheduler"] },
  { name: operationProjectionConsumer, sources: domains, targets: ["vms"] },
];

/** Sets a consumer back, so that it processes the events after a position once more: those of each database that the position has. */
export async function replay(
  environment: Environment,
  { name, target, after }: ReplayRequest,
): Promise<{ events: number; after: string }> {
  const consumer = consumers.find((each) => each.name === name);
  const known = consumers.map((each) => each.name).join(", ");
  if (!consumer) throw usage(`There is no consumer ${name}; there are ${known}.`);
  if (!consumer.targets.includes(target))
    throw usage(`${name} does not write to ${target}; it writes to ${consumer.targets.join(" and ")}.`);
  const start = startOf(after);
  return withEventLog(environment, async ({ log, systems }) => {
    const position = typeof start === "string" ? await log.positionOf(start, consumer.sources) : start;
    const starts = consumer.sources.flatMap((source) => {
      const from = position[source];
      return from ? [{ source, from }] : [];
    });
    if (starts.length === 0) throw usage(`The position has none of ${consumer.sources.join(", ")}.`);
    for (const { source } of starts)
      if (!(await consumerPosition(systems[target], { name, source })))
        throw usage(`${name} has read nothing of ${source} in ${target} yet.`);
    let events = 0;
    for (const { source, from } of starts) events += await replayEvents(systems[target], { name, source }, from, log);
    return { events, after: positionText(Object.fromEntries(starts.map(({ source, from }) => [source, from]))) };
  });
}

const usage = (message: string): Error => Object.assign(new Error(message), { code: "USAGE" });
