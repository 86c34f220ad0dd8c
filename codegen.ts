import { readFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { print } from "graphql";
import { readSchema } from "./lib/subgraph/read-schema.ts";

const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

/** Every exported type of a subgraph's `mappers.ts` is what its resolvers hand on for the GraphQL type of that name. */
function mappersOf(domain: string): Record<string, string> {
  const source = readFileSync(new URL(`subgraphs/${domain}/mappers.ts`, import.meta.url), "utf8");
  return Object.fromEntries(
    [...source.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => [
      name,
      `../mappers.ts#${name} as ${name}Mapper`,
    ]),
  );
}

const config: CodegenConfig = {
  overwrite: true,
  silent: true,
  generates: Object.fromEntries(
    domains.map((domain) => [
      `subgraphs/${domain}/generated/resolvers.ts`,
      {
        schema: print(readSchema(`subgraphs/${domain}/schema.graphql`)),
        plugins: ["typescript", "typescript-resolvers"],
        config: {
          federation: true,
          useTypeImports: true,
          enumsAsTypes: true,
          skipTypename: true,
          emitLegacyCommonJSImports: false,
          importExtension: ".ts",
          contextType: `../context.ts#${domain[0]?.toUpperCase()}${domain.slice(1)}Context`,
          mappers: mappersOf(domain),
          // Connection types are completed from a `Page` in lib/graphql/connections.ts, for all of them at once.
          defaultScalarType: "unknown",
          scalars: {
            DateTime: { input: "Date", output: "Date | string" },
            Decimal: "string",
            Duration: "string",
            IPAddress: "string",
            JSON: "unknown",
            Long: { input: "number | bigint", output: "number | bigint" },
            MAC: "string",
            UUID: "string",
          },
        },
      },
    ]),
  ),
};

export default config;
