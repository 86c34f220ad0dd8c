import { found } from "#lib/graphql/arguments.ts";
import type { UserError } from "#lib/graphql/user-errors.ts";
import type { WritingContext } from "./open-request.ts";
import type { Outcome, UseCase } from "./use-case.ts";

type AnyFunction = (...args: never) => unknown;
type InputOf<Resolver extends AnyFunction> = Parameters<Resolver>[1] extends { input: infer Input } ? Input : unknown;
type PayloadOf<Resolver extends AnyFunction> = NonNullable<Awaited<ReturnType<Resolver>>>;

/** The use case of each mutation of a subgraph, by the mutation's name. `Resolvers` are the types that codegen makes of the schema. */
export type UseCases<Services, Resolvers, Code extends string> = {
  readonly [Name in keyof Resolvers]-?: Extract<Resolvers[Name], AnyFunction> extends infer Resolver extends AnyFunction
    ? UseCase<Services, InputOf<Resolver>, Omit<PayloadOf<Resolver>, "userErrors">, Code>
    : never;
};

/**
 * Returns the resolvers of mutations that only call their use case. The schema has checked their input: ids are UUIDs (`lib/graphql/input-ids.ts`), and enums
 * have the values of the domain.
 */
export const mutationResolvers = <Services>(useCases: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(useCases).map(([name, useCase]) => [
      name,
      async (_root: unknown, { input }: { input?: unknown }, context: WritingContext<unknown, Services>) => {
        const outcome = await (useCase as UseCase<Services, unknown, object>)(context.services, context.request, input);
        context.written();
        return payload(outcome);
      },
    ]),
  );

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
