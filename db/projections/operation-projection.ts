import type { LogPosition } from "#lib/live/event-position.ts";
import type { Consumer } from "../event-log/consumer.ts";
import { readLogState } from "../event-log/stored-events.ts";
import {
  allOperations,
  applyOperationEvents,
  type OperationEvent,
  operationEventTypes,
  operationProjectionScope,
  projectOperations,
  removeOtherOperations,
} from "./projected-operations.ts";
import { clock } from "./projected-vms.ts";
import type { ProjectionDatabases } from "./vm-projection.ts";

/** Returns the consumer that keeps `projected_operations` of the vms database up to date with the operations of one domain. */
export const operationProjection = (databases: ProjectionDatabases): Consumer<OperationEvent> => ({
  name: operationProjectionConsumer,
  source: databases.source.domain,
  types: operationEventTypes(databases.source.domain),
  apply: applyOperationEvents,
  rebuild: () => rebuildOperationProjection(databases),
});

const operationProjectionConsumer = "operation-projection";

/**
 * Rebuilds the operations of one domain while the consumer may run: a later state that arrives meanwhile stays.
 * @returns the position before the source was read: the events after it come on top of the copied state
 */
async function rebuildOperationProjection({ source, target }: ProjectionDatabases): Promise<LogPosition> {
  const { head } = await readLogState(source);
  const [now] = await target.run(clock);
  const before = now?.seconds ?? 0;
  const known = new Set<string>();
  for await (const rows of allOperations(source)) {
    await target.write(operationProjectionScope, (tx) => projectOperations(tx, rows, before));
    for (const { id } of rows) known.add(id);
  }
  await removeOtherOperations(target, { domain: source.domain, before, known });
  return head;
}
