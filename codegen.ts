import { readFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { type DocumentNode, print } from "graphql";
import { readSchema } from "./lib/subgraph/read-schema.ts";

const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

/**
 * Every exported type of a subgraph's `mappers.ts` is what its resolvers return for the GraphQL type of that name. For a connection of that type, they return a
 * page of it.
 */
function mappersOf(domain: string, schema: DocumentNode): Record<string, string> {
  const source = readFileSync(new URL(`subgraphs/${domain}/mappers.ts`, import.meta.url), "utf8");
  const types = new Set(schema.definitions.map((node) => ("name" in node ? node.name?.value : undefined)));
  return Object.fromEntries(
    [...source.matchAll(/^export (?:type|interface) (\w+)/gm)].flatMap(([, name = ""]) => [
      [name, `../mappers.ts#${name} as ${name}Mapper`],
      ...(types.has(`${name}Connection`)
        ? [[`${name}Connection`, `../../../lib/graphql/pagination.ts#Page<${name}Mapper>`]]
        : []),
    ]),
  );
}

const config: CodegenConfig = {
  overwrite: true,
  silent: true,
  generates: Object.fromEntries(
    domains.map((domain) => {
      const schema = readSchema(`subgraphs/${domain}/schema.graphql`);
      return [
        `subgraphs/${domain}/generated/resolvers.ts`,
        {
          schema: print(schema),
          plugins: ["typescript", "typescript-resolvers"],
          config: {
            federation: true,
            useTypeImports: true,
            enumsAsTypes: true,
            skipTypename: true,
            emitLegacyCommonJSImports: false,
            importExtension: ".ts",
            contextType: `../context.ts#${domain[0]?.toUpperCase()}${domain.slice(1)}Context`,
            mappers: mappersOf(domain, schema),
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
      ];
    }),
  ),
};

export default config;
