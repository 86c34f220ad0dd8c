import { expect } from "vitest";
import { type Domain } from "#db/columns.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { type Answer, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { fleetOf, insertFleet } from "./rows.ts";

/** A request with fields of every domain. */
export const everything = `{
  users { totalCount } alertRules { totalCount } cloudProviders { totalCount } clusters { totalCount }
  vms(first: 2) { nodes {
    name owner { username } alerts { totalCount } migrations { totalCount } node { id name }
  } }
}`;

/** The fields of each domain in that request, which may be missing when the domain is unavailable. */
const fieldsOf: Record<Domain, string[]> = {
  auth: ["users", "vms.nodes.0.owner", "vms.nodes.1.owner"],
  vms: ["vms"],
  monitoring: ["alertRules", "vms.nodes.0.alerts", "vms.nodes.1.alerts"],
  federation: ["cloudProviders", "vms.nodes.0.migrations", "vms.nodes.1.migrations"],
  scheduler: ["clusters", "vms.nodes.0.node", "vms.nodes.1.node"],
};

/** A product whose subgraphs a test breaks. */
export interface BreakableGraph {
  product: TestProduct;
  /** What it answers to `everything` while nothing is broken. */
  healthy: Answer["data"];
  /** Replacements for the calls to a domain's subgraph. */
  faults: Map<string, Transport["send"]>;
}

export async function breakableGraph(): Promise<BreakableGraph> {
  const faults = new Map<string, Transport["send"]>();
  const product = await bootProduct({
    tenantId: fleetOf(1).tenantId,
    // Each test breaks subgraphs again, so the circuit must not open. Other tests cover that.
    limits: { callTimeoutMs: 1_500, failuresToOpen: Infinity },
    wrapTransport: (inner) => ({ ...inner, send: (name, ...call) => (faults.get(name) ?? inner.send)(name, ...call) }),
  });
  await insertFleet(product.urls, 1, 3);
  return { product, faults, healthy: (await product.ask(everything)).data };
}

/** Returns the healthy answer without the fields of a domain. */
function without(healthy: Answer["data"], domain: Domain): Answer["data"] {
  const answer = structuredClone(healthy);
  for (const field of fieldsOf[domain]) {
    const path = field.split(".");
    const last = path.pop() ?? "";
    const parent = path.reduce((value, key) => value[key], answer);
    parent[last] = null;
  }
  return answer;
}

/** Expects that the fields of the domain, and no others, are null, each with an error of this code at its own path. */
export function expectBlanked({ healthy }: BreakableGraph, answer: Answer, domain: Domain, code: string): void {
  expect(answer.data).toEqual(without(healthy, domain));
  expect([...new Set(answer.errors.map(({ extensions }) => extensions.code))]).toEqual([code]);
  const paths = answer.errors.map(({ path }) => path?.join(".") ?? "no path");
  for (const path of paths) {
    expect(
      fieldsOf[domain].some((field) => path === field || path.startsWith(`${field}.`)),
      path,
    ).toBe(true);
  }
  for (const field of fieldsOf[domain]) expect(paths.join(" ")).toContain(field);
}

/** Expects that a subgraph that hangs blanks only its own fields, at the deadline. */
export async function expectHangBlanks(graph: BreakableGraph, domain: Domain): Promise<void> {
  graph.faults.set(domain, () => new Promise(() => undefined));
  const begun = performance.now();
  expectBlanked(graph, await graph.product.ask(everything), domain, "SUBGRAPH_TIMEOUT");
  expect(performance.now() - begun).toBeLessThan(5_000);
}
