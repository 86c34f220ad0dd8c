import { cancelOperation, signalOperation } from "#db/operations/requests.ts";
import type { WriteTx } from "#db/client.ts";
import type { Json, OperationDefinition } from "#lib/operations/definition.ts";
import type { OperationState } from "#lib/operations/record.ts";
import { until } from "#tests/events/until.ts";
import type { Fixture } from "./fixture.ts";
import { keepWorkers } from "./worker-processes.ts";

export const leaseMs = 500;

/** A way through an operation. */
export interface Course<Input extends Json> {
  definition: OperationDefinition<WriteTx, Input>;
  /** Returns the input of a new operation, and what it works on. */
  asked(): Promise<{ input: Input; subject?: string }>;
  /** What happens to it while it waits, if it waits. */
  whileItWaits?: { signal: string } | "cancel";
  ends: OperationState;
}

/** Operations whose worker process dies at their boundaries. A process that dies is replaced. */
export interface Kills {
  /** Runs the course without a kill, and returns the boundaries that it passes, in their order. */
  boundariesOf<Input extends Json>(course: Course<Input>): Promise<string[]>;
  /**
   * Runs the course once for each boundary, one after the other. The process that runs it is killed with `kill -9` at the boundary, and the other one, or the one
   * that replaces it, takes over.
   * @returns the ids of the operations
   */
  killAt<Input extends Json>(course: Course<Input>, boundaries: readonly string[]): Promise<string[]>;
}

export async function startKills(
  fixture: Fixture,
  { processes = 2, calleeUrl }: { processes?: 1 | 2; calleeUrl?: string } = {},
): Promise<Kills> {
  const { owner, scope, service, start, reached } = fixture;
  const lines = await keepWorkers(processes, {
    url: fixture.url,
    leaseMs,
    ...(calleeUrl === undefined ? {} : { calleeUrl }),
  });

  async function run<Input extends Json>(
    { definition, asked, whileItWaits, ends }: Course<Input>,
    more: Readonly<Record<string, Json>>,
  ): Promise<string> {
    const { input, subject } = await asked();
    const wanted = { ...(input as object), ...more } as unknown as Input;
    const id = await start(definition, { input: wanted, ...(subject === undefined ? {} : { subject }) });
    if (whileItWaits) {
      await reached(id, "waiting");
      await service.write<unknown>(scope, (tx) =>
        whileItWaits === "cancel" ? cancelOperation(tx, id) : signalOperation(tx, id, whileItWaits.signal, null),
      );
    }
    await reached(id, ends);
    return id;
  }

  return {
    boundariesOf: async (course) => {
      const from = lines().length;
      const id = await run(course, { listsBoundaries: true });
      await until("its worker has passed the last boundary", () => lines().includes(`ended ${id}`));
      const passed = lines()
        .slice(from)
        .flatMap((line) => (line.startsWith("passed ") ? [line.slice("passed ".length)] : []));
      return [...new Set(passed)];
    },
    killAt: async (course, boundaries) => {
      const ids: string[] = [];
      for (const dieAt of boundaries) {
        const id = await run(course, { dieAt });
        // A process that dies after the last record does so after the end of the operation.
        await until(
          `a process has died at "${dieAt}"`,
          async () => (await owner`select from deaths where operation_id = ${id}`).length > 0,
        );
        ids.push(id);
      }
      return ids;
    },
  };
}
