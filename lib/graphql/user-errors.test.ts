import { buildSchema, graphql } from "graphql";
import { expect, it } from "vitest";
import { userError, userErrorFields } from "./user-errors.ts";

const schema = buildSchema(`
  type Query { errors: [UserError!]! }
  type UserError { code: UserErrorCode! message: String! field: [String!] }
  enum UserErrorCode { "The name is in use." NAME_TAKEN }
`);

it("an error has the description of its code as its message, unless it states more", async () => {
  const types = schema.getTypeMap() as unknown as Record<
    string,
    { getFields(): Record<string, { resolve?: unknown }> }
  >;
  types["UserError"]!.getFields()["message"]!.resolve = userErrorFields.message;
  const rootValue = {
    errors: [userError("NAME_TAKEN", "quota.name"), userError("NAME_TAKEN", undefined, "Bob has it.")],
  };
  const { data } = await graphql({ schema, rootValue, source: "{ errors { code message field } }" });
  expect(data?.["errors"]).toEqual([
    { code: "NAME_TAKEN", message: "The name is in use.", field: ["quota", "name"] },
    { code: "NAME_TAKEN", message: "Bob has it.", field: null },
  ]);
});
