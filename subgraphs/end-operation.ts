import { z } from "zod";
import { abandonOperation, type AbandonOutcome, cancelOperation, type CancelOutcome } from "#db/operations/requests.ts";
import { operationStates } from "#lib/operations/record.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { DomainContext } from "./open-request.ts";
import { scopeOf, type Services } from "./use-case.ts";

// How an operation is cancelled or abandoned in the database of its domain: by the vms subgraph in its own, and in the others by their subgraphs, which it calls.

export const cancelIn = ({ database }: Services, request: RequestContext, id: string): Promise<CancelOutcome> =>
  database.write(scopeOf(request), (tx) => cancelOperation(tx, id));

export const abandonIn = (
  { database }: Services,
  request: RequestContext,
  id: string,
  consent: boolean,
): Promise<AbandonOutcome> => database.write(scopeOf(request), (tx) => abandonOperation(tx, id, { consent }));

/** The resolvers of what the vms subgraph calls in the subgraph of another domain, for its type of operation. */
export const serviceResolvers = <const Type extends string>(type: Type) => {
  type Context = DomainContext<Readonly<Record<Type, { load(id: string): Promise<unknown> }>>>;
  const query = async (_root: unknown, { id }: { id: string }, { loaders }: Context) =>
    (await loaders[type].load(id)) !== null;
  const cancel = (_root: unknown, { input: { id } }: { input: { id: string } }, { services, request }: Context) =>
    cancelIn(services, request, id);
  const abandon = (
    _root: unknown,
    { input: { id, consent = false } }: { input: { id: string; consent?: boolean } },
    { services, request }: Context,
  ) => abandonIn(services, request, id, consent);
  return {
    Query: { [`has${type}`]: query } as Record<`has${Type}`, typeof query>,
    Mutation: { [`cancel${type}`]: cancel, [`abandon${type}`]: abandon } as Record<`cancel${Type}`, typeof cancel> &
      Record<`abandon${Type}`, typeof abandon>,
  };
};

const state = z.enum(operationStates);
const leftBehind = z.array(z.object({ step: z.string(), result: z.json() }));

/** The outcomes as the vms subgraph receives them. */
export const cancelOutcome = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("requested") }),
  z.object({ outcome: z.literal("not found") }),
  z.object({ outcome: z.literal("ended"), state }),
  z.object({ outcome: z.literal("not cancellable"), step: z.string() }),
]) satisfies z.ZodType<CancelOutcome>;

export const abandonOutcome = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("abandoned"), leftBehind }),
  z.object({ outcome: z.literal("consent required"), leftBehind }),
  z.object({ outcome: z.literal("not found") }),
  z.object({ outcome: z.literal("not parked"), state }),
]) satisfies z.ZodType<AbandonOutcome>;
