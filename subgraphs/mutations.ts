import { found } from "#lib/graphql/arguments.ts";
import type { UserError } from "#lib/graphql/user-errors.ts";
import type { DomainContext } from "./open-request.ts";
import type { Outcome, Services, UseCase } from "./use-case.ts";

type AnyFunction = (...args: never) => unknown;
type InputOf<Resolver extends AnyFunction> = Parameters<Resolver>[1] extends { input: infer Input } ? Input : unknown;
type PayloadOf<Resolver extends AnyFunction> = NonNullable<Awaited<ReturnType<Resolver>>>;

/** The use case of each mutation of a subgraph, by the mutation's name. `Resolvers` are the types that codegen makes of the schema. */
type UseCases<Resolvers, Code extends string, Of> = {
  readonly [Name in keyof Resolvers]-?: Extract<Resolvers[Name], AnyFunction> extends infer Resolver extends AnyFunction
    ? UseCase<Of, InputOf<Resolver>, Omit<PayloadOf<Resolver>, "userErrors">, Code>
    : never;
};

/**
 * Returns the resolvers of mutations that only call their use case: the one of the same name. The schema has checked their input: ids are UUIDs (`lib/graphql/input-ids.ts`), and enums
 * have the values of the domain.
 */
export const mutationResolvers = <Resolvers, Code extends string, Of = Services>(
  useCases: UseCases<Resolvers, Code, Of>,
): Resolvers =>
  // `UseCases` has compared each of them with its mutation, whose types the loop no longer has.
  Object.fromEntries(
    Object.entries(useCases).map(([name, useCase]) => [
      name,
      async (_root: unknown, { input }: { input?: unknown }, context: DomainContext<unknown, Of>) => {
        const outcome = await (useCase as UseCase<Of, unknown, object>)(context.services, context.request, input);
        context.written();
        return payload(outcome);
      },
    ]),
  ) as Resolvers;

/**
 * Returns the payload of a mutation: the fields of the value, or the errors.
 * @throws PublicError NOT_FOUND for an object that is not there
 */
export function payload<Value extends object, Code extends string>(
  outcome: Outcome<Value, Code>,
): Partial<Value> & { userErrors: UserError<Code>[] } {
  if (outcome.kind === "not there") return found<never>(undefined, outcome.what);
  return outcome.kind === "done"
    ? { ...outcome.value, userErrors: [] }
    : ({ userErrors: [...outcome.userErrors] } as Partial<Value> & { userErrors: UserError<Code>[] });
}
