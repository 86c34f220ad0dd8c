import { readFileSync } from "node:fs";

/** The tables, enums and indexes of `seed.sql`, each as `database.table.column`, `database.enum.value`, `database.index`. */
export interface Seed {
  columns: string[];
  enumValues: string[];
  indexes: string[];
}

const inParentheses = /^(CREATE (?:TABLE|TYPE|DATABASE|INDEX|MATERIALIZED VIEW)) (\w+)([\s\S]*?);$/gm;

export const readSeed = (): Seed => {
  const seed: Seed = { columns: [], enumValues: [], indexes: [] };
  const text = readFileSync(new URL("seed.sql", import.meta.url), "utf8").replaceAll(/--.*$/gm, "");
  let database = "";
  for (const [, what, name, rest] of text.matchAll(inParentheses)) {
    if (name === undefined || rest === undefined) continue;
    if (what === "CREATE DATABASE") database = name.replace("novacron_", "");
    if (what === "CREATE INDEX") seed.indexes.push(`${database}.${name}`);
    if (what === "CREATE TYPE") {
      for (const [, value] of rest.matchAll(/'([^']+)'/g)) seed.enumValues.push(`${database}.${name}.${value}`);
    }
    if (what === "CREATE TABLE") {
      // A line that begins with a lower-case letter is a column; constraints begin with capitals.
      for (const [, column] of rest.matchAll(/^ {4}([a-z]\w*) /gm)) seed.columns.push(`${database}.${name}.${column}`);
    }
    if (what === "CREATE MATERIALIZED VIEW") {
      const [selected = ""] = rest.split("FROM");
      for (const [, column] of selected.matchAll(/(\w+),?\s*$/gm)) {
        if (column !== "SELECT" && column !== "AS") seed.columns.push(`${database}.${name}.${column}`);
      }
    }
  }
  return seed;
};
