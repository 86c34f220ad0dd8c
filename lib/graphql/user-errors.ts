import { type GraphQLResolveInfo, isEnumType } from "graphql";

/** An error in the input of a mutation that its caller can correct. */
export interface UserError<Code extends string = string> {
  /** A value of the subgraph's enum `UserErrorCode`. */
  readonly code: Code;
  /** The input field of the error, outermost first. */
  readonly field: readonly string[] | null;
  /** Replaces the description of the code, where more can be stated: the rule for a password, for example. */
  readonly message?: string | undefined;
  /** The operation that stands in the way. The message names it too. */
  readonly operationId?: string | undefined;
}

/** @param field the input field with dots: `quota.maxVmCount` */
export const userError = <const Code extends string>(
  code: Code,
  field?: string,
  message?: string,
): UserError<Code> => ({ code, field: field === undefined ? null : field.split("."), message });

/** The resolvers of `UserError`, the same in every subgraph. */
export const userErrorFields = {
  /** Returns the error's own message, or the description that the schema has for its code. */
  message: (
    { code, message }: UserError,
    _args: unknown,
    _context: unknown,
    { schema }: GraphQLResolveInfo,
  ): string => {
    const codes = schema.getType("UserErrorCode");
    return message ?? (isEnumType(codes) ? codes.getValue(code)?.description : undefined) ?? code;
  },
};
