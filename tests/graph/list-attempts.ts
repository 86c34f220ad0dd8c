import { expect } from "vitest";
import type { Answer, TestProduct } from "#tests/harness/product.ts";
import { type ConnectionField, foundHolder } from "./graph-schema.ts";

export interface Attempt {
  what: string;
  args: string;
  /** The argument that the error must name; undefined when an answer without an error is expected. */
  refused?: string | undefined;
  /** Either outcome is valid, but no third one. */
  orAnswered?: boolean;
}

/** Sends all attempts at one connection in one request, each under an alias. */
export async function attempt(
  product: TestProduct,
  connection: ConnectionField,
  attempts: Attempt[],
  variables: Record<string, unknown>,
) {
  const declared = Object.keys(variables).map(
    (name) => `$${name}: ${name.startsWith("l") ? "[String!]" : name.startsWith("t") ? "[TagFilter!]" : "String"}`,
  );
  const selections = attempts
    .map(({ args }, n) => `a${n}: ${connection.field}(${args}) { edges { cursor } }`)
    .join(" ");
  const used = declared.length > 0 ? `(${declared.join(", ")})` : "";
  const answer = await product.ask(`query${used} ${connection.under(selections)}`, variables);
  const outcomes = attempts.map(({ what }, n) => `${connection.name} ${what}: ${outcomeOf(answer, `a${n}`)}`);
  const wanted = attempts.map(({ what, refused, orAnswered }, n) => {
    const answered = !refused || (orAnswered === true && outcomes[n]?.endsWith(": an answer"));
    return `${connection.name} ${what}: ${answered ? "an answer" : `BAD_USER_INPUT ${refused}`}`;
  });
  expect(outcomes).toEqual(wanted);
}

export function outcomeOf(answer: Answer, alias: string): string {
  const error = answer.errors.find(({ path }) => path?.at(-1) === alias);
  if (error) return `${error.extensions.code} ${String(error.extensions["argument"])}`;
  const fields = foundHolder(answer.data, alias)?.[alias] as { edges?: unknown } | null | undefined;
  return fields?.edges ? "an answer" : `nothing (${JSON.stringify(answer.errors).slice(0, 300)})`;
}

/** Returns variables that are named by a prefix and their position. */
export const variablesOf = (prefix: string, values: unknown[]) =>
  Object.fromEntries(values.map((value, n) => [`${prefix}${n}`, value]));
