import type { Tx } from "#db/client.ts";
import type { RowOf } from "#db/entity.ts";
import { type operationEntity, type OperationStepRow, stepsOfOperations } from "#db/operations/operations.ts";
import { type BatchLoader, loaderOf } from "#lib/graphql/batching.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import {
  type Failure,
  hasEnded,
  type OperationState,
  operationStates,
  type StepState,
  stepStates,
} from "#lib/operations/record.ts";

type OperationRow = RowOf<typeof operationEntity>;

/** Creates the loader of the steps of operations, for one request. */
export const operationLoaders = (tx: Tx) => ({ operationSteps: loaderOf(tx, stepsOfOperations) });

interface Context {
  loaders: { operationSteps: BatchLoader<OperationStepRow[]> };
}

const stepsOf = async ({ id }: OperationRow, { loaders }: Context): Promise<OperationStepRow[]> =>
  (await loaders.operationSteps.load(id)) ?? [];

interface Step extends Pick<OperationStepRow, "name" | "attempts" | "undoAttempts"> {
  state: StateOfStep;
  error: ReturnType<typeof errorOf> | null;
  startedAt: Date | null;
  updatedAt: Date | null;
}

const errorOf = ({ step, ...error }: Failure) => ({ ...error, step: step ?? null });

const notAttempted: Omit<Step, "name"> = {
  state: "pending",
  attempts: 0,
  undoAttempts: 0,
  error: null,
  startedAt: null,
  updatedAt: null,
};

/** The resolvers of a domain's type of operation, the same in every subgraph. */
const operationFields = {
  subject: ({ subject }: OperationRow) => {
    const [type, id] = subject?.split(":") ?? [];
    return type === undefined || id === undefined ? null : { type, id };
  },
  steps: async (operation: OperationRow, _args: object, context: Context) => {
    const attempted = await stepsOf(operation, context);
    return operation.stepNames.map((name, at): Step => {
      const step = attempted.find(({ position }) => position === at);
      return step ? { ...step, error: step.error ? errorOf(step.error) : null } : { name, ...notAttempted };
    });
  },
  progress: async (operation: OperationRow, _args: object, context: Context) => ({
    stepsDone: (await stepsOf(operation, context)).filter(({ state }) => state === "done").length,
    stepsTotal: operation.stepNames.length,
  }),
  cancellable: async (operation: OperationRow, _args: object, context: Context) => {
    const { state, cancelRequestedAt, lastSafePosition: last } = operation;
    if (hasEnded(state) || state === "compensating" || cancelRequestedAt !== null) return false;
    return last === null || (await stepsOf(operation, context)).every(({ position }) => position <= last);
  },
  error: ({ error }: OperationRow) => (error ? errorOf(error) : null),
  leftBehind: ({ leftBehind }: OperationRow) => leftBehind ?? [],
};

/** The resolvers of what a domain's type of operation needs, under the type's name. */
export const operationResolvers = <const Type extends string>(type: Type) =>
  ({
    [type]: operationFields,
    OperationState: enumValues(operationStates),
    OperationStepState: enumValues(["pending", ...stepStates]),
  }) as Record<Type, typeof operationFields> & {
    OperationState: ReturnType<typeof enumValues<StateOfOperation>>;
    OperationStepState: ReturnType<typeof enumValues<StateOfStep>>;
  };

export type StateOfOperation = OperationState;
/** A step that was not attempted has no row. */
export type StateOfStep = StepState | "pending";
