import { readFileSync } from "node:fs";
import { getNamedType, type GraphQLField } from "graphql";
import { Supergraph } from "@apollo/federation-internals";
import { supportedFeatures } from "#gateway/authorization/supported-features.ts";

/** Returns the table of the fields of `Subscription`, as the composed schema describes them. */
export function subscriptionsTable(): string {
  const supergraph = Supergraph.build(readFileSync("supergraph.graphql", "utf8"), {
    supportedFeatures: new Set(supportedFeatures),
  });
  const fields = supergraph.apiSchema().toGraphQLJSSchema().getSubscriptionType()?.getFields() ?? {};
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
