import { readFileSync } from "node:fs";
import { asset } from "#lib/assets.ts";

export const oneRequest = readFileSync(asset("docs/one-request.graphql"), "utf8");

/** Returns the variables of the one request for the hour that ends at the last whole minute before `now`. */
export function lastHour(now: Date, first: number): { first: number; from: string; to: string } {
  const to = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  return { first, from: new Date(to.getTime() - 3_600_000).toISOString(), to: to.toISOString() };
}

/** Returns the parts that are empty in the response for every VM. */
export function partsWithoutRows(vms: readonly Record<string, unknown>[]): string[] {
  const filled = (part: unknown): boolean =>
    part !== null && (typeof part !== "object" || !("nodes" in part) || (part.nodes as unknown[]).length > 0);
  return Object.keys(vms[0] ?? {}).filter((part) => !vms.some((vm) => filled(vm[part])));
}
