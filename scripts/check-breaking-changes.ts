import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { apiSchemaOf } from "./api-schema.ts";

// Fails when a released client would break: compares the API schema with that of the last release.
const changes = await diff(apiSchemaOf("supergraph.released.graphql"), apiSchemaOf("supergraph.graphql"));
const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
for (const change of breaking) process.stderr.write(`breaking: ${change.message}\n`);
if (breaking.length > 0) process.exit(1);
