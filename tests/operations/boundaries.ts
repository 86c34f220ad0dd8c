import type { OperationDefinition, Step, StepContext } from "#lib/operations/definition.ts";
import type { Change, OperationRecord } from "#lib/operations/record.ts";
import type { OperationStore } from "#lib/operations/store.ts";

/** Called whenever an operation passes a boundary, with the boundary's name. */
export type Pass = (operation: Pick<OperationRecord, "id" | "tenantId" | "input">, boundary: string) => Promise<void>;

const recorded = ({ step, state }: Change): string => (step ? `${step.name} ${step.state}` : state);

/** Returns the store with a boundary before and after each of its changes. */
export const storeWithBoundaries = <Tx>(
  real: OperationStore<Tx>,
  pass: Pass,
  print: (line: string) => void,
): OperationStore<Tx> => ({
  ...real,
  claim: async (options) => {
    const claimed = await real.claim(options);
    for (const record of claimed.records) await pass(record, `claimed ${record.state}`);
    return claimed;
  },
  renew: async (lease, ms) => {
    const record = await real.renew(lease, ms);
    if (!record) print("renewal refused");
    return record;
  },
  save: async (lease, record, change) => {
    await pass(record, `before recording ${recorded(change)}`);
    const isSaved = await real.save(lease, record, change);
    if (!isSaved) print("save refused");
    await pass(record, `after recording ${recorded(change)}`);
    if (isSaved && change.next === "end") print(`ended ${record.id}`);
    return isSaved;
  },
  transact: async (work) => {
    const outcome = await real.transact({
      ...work,
      run: async (tx) => {
        const result = await work.run(tx);
        await pass(work.record, `in the transaction of ${recorded(work.change(result))}`);
        return result;
      },
    });
    if (!outcome.saved) print("transaction refused");
    const what = outcome.saved ? recorded(outcome.change) : "a failure";
    await pass(work.record, `after the transaction of ${what}`);
    if (outcome.saved && outcome.change.next === "end") print(`ended ${work.record.id}`);
    return outcome;
  },
});

/** Returns the definition with a boundary before and after what each step and each undo does, before it is recorded or committed. */
export function stepsWithBoundaries<Tx>(definition: OperationDefinition<Tx>, pass: Pass): OperationDefinition<Tx> {
  const around = async <T>({ fence, tenantId, input }: StepContext, what: string, work: () => Promise<T>) => {
    const operation = { id: fence.operationId, tenantId, input };
    await pass(operation, `${what} begins`);
    try {
      return await work();
    } finally {
      await pass(operation, `${what} took effect`);
    }
  };
  const withBoundaries = (step: Step<Tx>): Step<Tx> => {
    const { name } = step;
    if (step.type === "wait") return step;
    if (step.type === "effect")
      return {
        ...step,
        run: (context: StepContext) => around(context, name, () => step.run(context)),
        undo: (context: StepContext) => around(context, `undo ${name}`, async () => step.undo?.(context)),
      };
    return {
      ...step,
      run: (context, tx) => around(context, name, () => step.run(context, tx)),
      undo: (context, tx) => around(context, `undo ${name}`, async () => step.undo?.(context, tx)),
    };
  };
  return { ...definition, steps: definition.steps.map(withBoundaries) };
}
