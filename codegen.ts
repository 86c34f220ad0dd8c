import { readFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { Kind, parse } from "graphql";

const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

/** Returns the exported types of a subgraph's `mappers.ts`: what its resolvers receive and return for the GraphQL type of that name. */
function mappersOf(domain: string): { mappers: Record<string, string>; enumValues: Record<string, string> } {
  const names = [...read(`subgraphs/${domain}/mappers.ts`).matchAll(/^export (?:type|interface) (\w+)/gm)].map(
    ([, name]) => name ?? "",
  );
  const enums = new Set(
    parse(read(`subgraphs/${domain}/schema.graphql`)).definitions.flatMap((node) =>
      node.kind === Kind.ENUM_TYPE_DEFINITION ? node.name.value : [],
    ),
  );
  const typesOf = (chosen: readonly string[]) =>
    Object.fromEntries(chosen.map((name) => [name, `../mappers.ts#${name} as ${name}Mapper`]));
  return {
    mappers: typesOf(names.filter((name) => !enums.has(name))),
    // An enum has the values of the domain in inputs, too.
    enumValues: Object.fromEntries(
      names.filter((name) => enums.has(name)).map((name) => [name, `../mappers.ts#${name}`]),
    ),
  };
}

const config: CodegenConfig = {
  overwrite: true,
  silent: true,
  hooks: {
    // An enum of `mappers.ts` is exported as a value, which it is not.
    beforeOneFileWrite: (_path: string, content: string) =>
      content.replaceAll(/^export \{ (\w+) \};$/gm, "export type { $1 };"),
  },
  generates: Object.fromEntries(
    domains.flatMap((domain) => [
      // The enums alone, for domain code, which knows no resolvers.
      [
        `subgraphs/${domain}/generated/enums.ts`,
        {
          schema: `subgraphs/${domain}/schema.graphql`,
          plugins: ["typescript"],
          config: { onlyEnums: true, enumsAsTypes: true, federation: true },
        },
      ],
      [
        `subgraphs/${domain}/generated/resolvers.ts`,
        {
          schema: `subgraphs/${domain}/schema.graphql`,
          plugins: ["typescript", "typescript-resolvers"],
          config: {
            federation: true,
            useTypeImports: true,
            enumsAsTypes: true,
            skipTypename: true,
            emitLegacyCommonJSImports: false,
            importExtension: ".ts",
            contextType: `../context.ts#${domain[0]?.toUpperCase()}${domain.slice(1)}Context`,
            ...mappersOf(domain),
            // Connection types are completed from a `Page` in lib/graphql/connections.ts, for all of them at once.
            defaultScalarType: "unknown",
            scalars: {
              CurrencyCode: "string",
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
      ],
    ]),
  ),
};

export default config;
