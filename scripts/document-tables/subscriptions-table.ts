import { getNamedType, type GraphQLField } from "graphql";
import { apiSchemaOf } from "../api-schema.ts";

/** Returns the table of the fields of `Subscription`, as the composed schema describes them. */
export function subscriptionsTable(): string {
  const fields = apiSchemaOf("supergraph.graphql").getSubscriptionType()?.getFields() ?? {};
  const rows = Object.values(fields).map(
    (field) =>
      `| \`${field.name}(${field.args.map(({ name }) => name).join(", ")})\` | ${filterOf(field)} | ${field.description ?? ""} |`,
  );
  return `| field | filter | events |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

function filterOf({ args }: GraphQLField<unknown, unknown>): string {
  const filter = args.find(({ name }) => name === "filter");
  return filter ? `\`${getNamedType(filter.type).name}\`` : "none";
}
