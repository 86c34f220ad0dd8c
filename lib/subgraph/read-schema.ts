import { readFileSync } from "node:fs";
import { type DocumentNode, parse } from "graphql";
import { completeLists } from "./complete-lists.ts";

/** Reads a subgraph's schema file as the schema that is composed and served. */
export const readSchema = (path: string): DocumentNode => completeLists(parse(readFileSync(path, "utf8")));
