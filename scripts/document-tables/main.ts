import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { documentsWithTables } from "./documents.ts";

// Writes the tables of the documents that follow from the code: npm run document-tables

for (const { path, withTable } of documentsWithTables) writeFileSync(path, withTable(readFileSync(path, "utf8")));
execFileSync("npx", ["oxfmt", ...documentsWithTables.map(({ path }) => path)], { stdio: "inherit" });
