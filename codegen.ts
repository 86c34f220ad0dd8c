import { readFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { type DocumentNode, Kind, print } from "graphql";
import { readSchema } from "./lib/subgraph/read-schema.ts";

const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

/**
 * Returns what the resolvers of a subgraph receive and return for each GraphQL type, and a page of it for a connection of that type:
 * - the exported type of `mappers.ts` that has its name;
 * - otherwise the row, for an entity in `loaders.ts`;
 * - otherwise the id, for an object of another subgraph.
 */
function mappersOf(
  domain: string,
  schema: DocumentNode,
): { mappers: Record<string, string>; enumValues: Record<string, string> } {
  const read = (file: string) => readFileSync(new URL(`subgraphs/${domain}/${file}`, import.meta.url), "utf8");
  const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name ?? "");
  const names = named(read("mappers.ts"), /^export (?:type|interface) (\w+)/gm);
  const [, list = ""] = /^export const entities = \{\n(.*?)^\}/ms.exec(read("loaders.ts")) ?? [];
  const entities = named(list, /^ {2}(\w+):/gm).filter((name) => !names.includes(name));
  const references = schema.definitions.flatMap((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION && node.directives?.some(({ name }) => name.value === "key")
      ? [node.name.value].filter((name) => ![...names, ...entities].includes(name))
      : [],
  );
  const namesOf = (kind: Kind) =>
    new Set(schema.definitions.flatMap((node) => (node.kind === kind && "name" in node ? node.name?.value : [])));
  const [enums, objects] = [namesOf(Kind.ENUM_TYPE_DEFINITION), namesOf(Kind.OBJECT_TYPE_DEFINITION)];
  return {
    mappers: Object.fromEntries([
      ...(objects.has("Change")
        ? [
            ["Change", "../../../lib/graphql/change-fields.ts#RecordedChange"],
            ["ChangeConnection", "../../../lib/graphql/pagination.ts#Page<RecordedChange>"],
          ]
        : []),
      ...references.map((name) => [name, "{ id: string }"]),
      ...entities.flatMap((name) => [
        [name, `../loaders.ts#Row<"${name}">`],
        ...(objects.has(`${name}Connection`) ? [[`${name}Connection`, `../loaders.ts#RowPage<"${name}">`]] : []),
      ]),
      ...names
        .filter((name) => !enums.has(name))
        .flatMap((name) => [
          [name, `../mappers.ts#${name} as ${name}Mapper`],
          ...(objects.has(`${name}Connection`)
            ? [[`${name}Connection`, `../../../lib/graphql/pagination.ts#Page<${name}Mapper>`]]
            : []),
        ]),
    ]),
    // An enum has the values of the domain in inputs, too.
    enumValues: Object.fromEntries(
      names.filter((name) => enums.has(name)).map((name) => [name, `../mappers.ts#${name}`]),
    ),
  };
}

/** Returns the schema of a subgraph, complete. */
const schemaOf = (domain: string) => readSchema(`subgraphs/${domain}/schema.graphql`);

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
          schema: print(schemaOf(domain)),
          plugins: ["typescript"],
          config: { onlyEnums: true, enumsAsTypes: true, federation: true },
        },
      ],
      [
        `subgraphs/${domain}/generated/resolvers.ts`,
        {
          schema: print(schemaOf(domain)),
          plugins: ["typescript", "typescript-resolvers"],
          config: {
            federation: true,
            useTypeImports: true,
            enumsAsTypes: true,
            skipTypename: true,
            emitLegacyCommonJSImports: false,
            importExtension: ".ts",
            contextType: `../context.ts#${domain[0]?.toUpperCase()}${domain.slice(1)}Context`,
            ...mappersOf(domain, schemaOf(domain)),
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
