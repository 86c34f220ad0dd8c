import { readFileSync } from "node:fs";
import { type DocumentNode, parse } from "graphql";
import { completeChanges } from "./complete-changes.ts";
import { completeLists } from "./complete-lists.ts";
import { withOperations } from "./operation-types.ts";
import { withValueTypes } from "./value-types.ts";

/** Completes a subgraph's schema, of which its file states only what is its own. */
export const completeSchema = (file: DocumentNode): DocumentNode =>
  withValueTypes(completeLists(completeChanges(withOperations(file))));

/** Reads a subgraph's schema file as the schema that is composed and served. */
export const readSchema = (path: string): DocumentNode => completeSchema(parse(readFileSync(path, "utf8")));
