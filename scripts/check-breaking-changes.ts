import { readFileSync } from "node:fs";
import { Supergraph } from "@apollo/federation-internals";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { supportedFeatures } from "../gateway/authorization/supported-features.ts";

// Fails when a released client would break: compares the API schema with that of the last release.
const api = (file: string) =>
  Supergraph.build(readFileSync(file, "utf8"), { supportedFeatures: new Set(supportedFeatures) })
    .apiSchema()
    .toGraphQLJSSchema();
const changes = await diff(api("supergraph.released.graphql"), api("supergraph.graphql"));
const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
for (const change of breaking) process.stderr.write(`breaking: ${change.message}\n`);
if (breaking.length > 0) process.exit(1);
