import type { GraphQLSchema } from "graphql";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { answerOf } from "#tests/harness/answers.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { reviewedNeeds } from "#tests/security/reviewed-needs.ts";
import type { Target } from "./world.ts";

export interface MutatedProduct {
  target: Target;
  url: string;
  urls: TestProduct["urls"];
  /** The schemas of the subgraphs. */
  schemas: readonly GraphQLSchema[];
  /** Resets the failed sign-ins, which are limited for each address. */
  forgetFailures(): Promise<void>;
  stop(): Promise<void>;
}

/** Returns the identity of a service that may send a mutation that no client may send. */
function serviceFor(name: string, tenantId: string): Identity {
  const needs = reviewedNeeds().get(`Mutation.${name}`);
  const [id] = typeof needs === "object" && "services" in needs ? needs.services : [];
  if (id === undefined) throw new Error(`No service may send the mutation ${name}.`);
  return { kind: "service", id, tenantId, permissions: [] };
}

/** Boots the product in this process with one tenant. Mutations of clients go through its gateway, the others to their subgraph. */
export async function bootMutatedProduct(): Promise<MutatedProduct> {
  const product = await bootProduct({ authenticates: true });
  const { auth } = product.databases;
  const { tenantId } = fleetOf(1);
  await insertFleet(product.urls, 1, 50);
  const { id: userId } = await makeUser(auth, { tenantId: platformTenantId, role: "admin" });
  const key = await makeApiKey(auth, { tenantId: platformTenantId, userId, actsInTenantId: tenantId });
  const keyAtHome = await makeApiKey(auth, { tenantId: platformTenantId, userId });
  const ofClients = productSupergraph().apiSchema.getMutationType()?.getFields() ?? {};
  const mutationsOf = ({ schema }: Subgraph) => schema.getMutationType()?.getFields() ?? {};
  const target: Target = {
    fields: new Map(product.subgraphs.flatMap((subgraph) => Object.entries(mutationsOf(subgraph)))),
    tenantId,
    urls: product.urls,
    operator: key.key,
    lastAdministrator: { id: userId, token: keyAtHome.key },
    ask: (query, variables, token) => product.ask(query, variables, token),
    send: async (name, query, variables, token) => {
      if (name in ofClients) return product.ask(query, variables, token);
      const context = { identity: serviceFor(name, tenantId), requestId: "test", deadline: Date.now() + 10_000 };
      const request = { query, variables, operation: "mutation" as const };
      const subgraph = product.subgraphs.find((each) => name in mutationsOf(each));
      const field = subgraph && mutationsOf(subgraph)[name];
      if (!field) throw new Error(`No subgraph has the mutation ${name}.`);
      const answer = await product.transport.send(subgraph.name, request, context, new AbortController().signal);
      return answerOf({ body: JSON.stringify(answer) });
    },
  };
  return {
    target,
    url: product.url,
    urls: product.urls,
    schemas: product.subgraphs.map(({ schema }) => schema),
    forgetFailures: () => product.signInLimits.forgetAddress("127.0.0.1"),
    stop: () => product.stop(),
  };
}
