import { globSync } from "tinyglobby";
import { asset } from "#lib/assets.ts";
import type { MutationExample, MutationExamples } from "./example.ts";

/** Sent last: they may cause so many failures that nothing from their address can sign in for a while. */
const last = "tests/mutations/auth/passwords.ts";

/** The examples that a file exports. */
const examplesIn = async (file: string): Promise<MutationExamples> => {
  const exported = (await import(asset(file))) as Readonly<Record<string, unknown>>;
  const found = Object.entries(exported).filter(([name]) => name.endsWith("Mutations"));
  return Object.assign({}, ...found.map(([, value]) => value)) as MutationExamples;
};

const files = globSync("tests/mutations/*/*.ts", { cwd: asset(".") }).toSorted();
const inOrder = await Promise.all([...files.filter((file) => file !== last), last].map(examplesIn));

/** An example of each mutation of the graph, in an order in which none affects the next: those that each file of `tests/mutations/<domain>/` exports. */
export const examples: MutationExamples = Object.assign({}, ...inOrder) as MutationExamples;

export function exampleOf(name: string): MutationExample {
  const example = examples[name];
  if (!example) throw new Error(`The mutation ${name} has no example in tests/mutations.`);
  return example;
}

const one = { atLeast: 1, atMost: 1 };

/** Returns how many of `times` copies of a request succeed when they are sent at once, and the codes that the others may return. */
export function expectedAtOnce(name: string, times: number): { atLeast: number; atMost: number; otherwise: string[] } {
  const { repeated, atOnce } = exampleOf(name);
  if (atOnce) return { atMost: times, ...atOnce, otherwise: [...atOnce.otherwise] };
  const all = repeated === "unchanged" || repeated === "again";
  return all ? { atLeast: times, atMost: times, otherwise: [] } : { ...one, otherwise: [repeated] };
}
