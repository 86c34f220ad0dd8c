import { readFileSync, writeFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { withOwnersDescriptions } from "#lib/subgraph/complete-changes.ts";
import { readSchema } from "#lib/subgraph/read-schema.ts";
import { readSupergraphConfig } from "./supergraph-config.ts";

// `npm run compose` writes supergraph.graphql. `--check` fails when that file is not what the subgraphs compose to.
const config = readSupergraphConfig("supergraph.yaml");
const subgraphs = Object.entries(config.subgraphs);
const schemas = withOwnersDescriptions(subgraphs.map(([, { schema }]) => readSchema(schema.file)));
const { supergraphSdl, errors } = composeServices(
  subgraphs.flatMap(([name, { routing_url: url }], at) =>
    schemas.slice(at, at + 1).map((typeDefs) => ({ name, url, typeDefs })),
  ),
);
if (!supergraphSdl) {
  for (const error of errors ?? []) process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
if (!process.argv.includes("--check")) {
  writeFileSync("supergraph.graphql", supergraphSdl);
} else if (readFileSync("supergraph.graphql", "utf8") !== supergraphSdl) {
  process.stderr.write("supergraph.graphql is not what the subgraphs compose to: run `npm run compose`.\n");
  process.exit(1);
}
