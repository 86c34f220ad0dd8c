import { type ExecutionResult, GraphQLError } from "graphql";
import { PublicError } from "#lib/errors.ts";
import { hashOf } from "./mock-subgraph.ts";

/** The failures that may occur in a subgraph. */
export const faultKinds = ["none", "error", "null", "missing entity", "wrong type", "unavailable", "thrown"] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  kind: FaultKind;
  /** Chooses the values that fail. */
  seed: number;
}

type Data = Record<string, unknown>;
type Path = readonly (string | number)[];

/**
 * Breaks a response of a subgraph. What a value is decides whether it fails, not where it is: an entity that is fetched twice fails alike both times.
 * @param onBroken receives the path of each value that is replaced, and what is in its place
 */
export async function withFault(
  { kind, seed }: Fault,
  subgraph: string,
  variables: Readonly<Record<string, unknown>>,
  answer: () => Promise<ExecutionResult>,
  onBroken: (path: Path, value: unknown) => void = () => {},
): Promise<ExecutionResult> {
  const struck = (what: string, oneIn: number) => hashOf(`${seed}/${subgraph}/${what}`) % oneIn === 0;
  if (kind === "unavailable" && struck("", 2))
    throw new PublicError("SUBGRAPH_UNAVAILABLE", `The ${subgraph} part of the graph did not answer.`, { subgraph });
  if (kind === "thrown" && struck("", 2)) throw new Error("The transport broke.");
  const { data, errors = [] } = await answer();
  if (!data || ["none", "unavailable", "thrown"].includes(kind)) return { data: data ?? null, errors };
  const representations = (variables["representations"] ?? []) as unknown[];
  const added: GraphQLError[] = [];

  const replaced = (path: Path, value: unknown): unknown => {
    onBroken(path, value);
    return value;
  };
  const broken = (value: unknown, what: string, path: Path, isEntity: boolean): unknown => {
    const leaf = value === null || typeof value !== "object";
    // The type name never fails, nor do its aliases: Apollo reads a null there as the absence of the object.
    const hit = !/(^|\/)(__typename|t\d)$/.test(what) && struck(what, 8);
    if (hit && kind === "error") {
      added.push(new GraphQLError(`failed at ${what}`, { path, extensions: { code: "NOT_FOUND" } }));
      return replaced(path, null);
    }
    if (hit && (kind === "null" || (kind === "missing entity" && isEntity))) return replaced(path, null);
    // Never an object: Apollo's merge throws where an object meets a text.
    if (hit && kind === "wrong type" && leaf && value !== null)
      return replaced(path, [true, "text", 1.5, ["a list"]][hashOf(what) % 4]);
    if (Array.isArray(value))
      return value.map((item, index) => broken(item, `${what}/${index}`, [...path, index], false));
    if (leaf) return value;
    return Object.fromEntries(
      Object.entries(value as Data).map(([key, item]) => [key, broken(item, `${what}/${key}`, [...path, key], false)]),
    );
  };

  const result = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      key === "_entities" && Array.isArray(value)
        ? value.map((entity, index) => broken(entity, JSON.stringify(representations[index]), [key, index], true))
        : broken(value, key, [key], false),
    ]),
  );
  return { data: result, errors: [...errors, ...added] };
}
