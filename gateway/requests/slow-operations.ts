import type { QueryPlan } from "@apollo/query-planner";
import { Kind, parse, print, visit } from "graphql";
import { log } from "#lib/observability/log.ts";
import type { Operation } from "../operation.ts";

/** Operations that take longer are logged with their plan. */
export const slowMs = 1_000;

/** Logs a slow operation: its name, and the documents that were sent to each subgraph, without any value in them. */
export function logSlow(
  { definition }: Operation,
  plan: QueryPlan,
  { milliseconds, requestId }: { milliseconds: number; requestId: string },
): void {
  const fetches = fetchesIn(plan).map(({ serviceName, operation }) => ({
    subgraph: serviceName,
    document: withoutValues(operation),
  }));
  const operation = definition.name?.value;
  log.gateway.warn(
    { operation, milliseconds: Math.round(milliseconds), requestId, plan: fetches },
    "an operation was slow",
  );
}

interface Fetch {
  kind: "Fetch";
  serviceName: string;
  operation: string;
}

/** Returns every fetch of a plan, in the order in which they are written. */
function fetchesIn(node: unknown): Fetch[] {
  if (typeof node !== "object" || node === null) return [];
  if ((node as { kind?: unknown }).kind === "Fetch") return [node as Fetch];
  return Object.values(node).flatMap(fetchesIn);
}

const hidden = { kind: Kind.STRING, value: "…" } as const;

const withoutValues = (document: string): string =>
  print(visit(parse(document), { StringValue: () => hidden, IntValue: () => hidden, FloatValue: () => hidden }));
