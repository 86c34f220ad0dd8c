import { getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { signContext } from "#lib/trust/signed-context.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { listeningOf } from "#tests/harness/call-keys.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";

const keys: Keyring = [{ id: "1", secret: "a key that direct callers do not have" }];
const { tenantId, id } = fleetOf(1);

let product: TestProduct;
const servers = new Map<string, RunningServer>();
beforeAll(async () => {
  product = await bootProduct({ tenantId });
  for (const subgraph of product.subgraphs) {
    servers.set(subgraph.name, await listenSubgraph(listeningOf(product, subgraph, keys), "127.0.0.1", 0));
  }
});
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.close()));
  await product.stop();
});

const entities = (input: string) => `query ($r: [_Any!]!) { _entities(representations: $r) { ${input} } }`;
const queries: Record<string, string> = {
  "attack 1: for its whole schema": JSON.stringify({ query: getIntrospectionQuery() }),
  "attack 2: for a type": JSON.stringify({ query: '{ __type(name: "Vm") { name } }' }),
  "attack 3: for its schema in nested cycles": JSON.stringify({
    query: "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
  }),
  "attack 4: with a misspelled field": JSON.stringify({ query: "{ vmss { totalCount } }" }),
  "attack 4: with a misspelled argument": JSON.stringify({ query: "{ vms(frist: 1) { totalCount } }" }),
  "attack 4: with a misspelled type": JSON.stringify({ query: "query ($x: Strin) { __typename }" }),
  "attack 4: with a misspelled enum value": JSON.stringify({
    query: "{ vms(filter: { state: [RUNING] }) { totalCount } }",
  }),
  "attack 4: with a misspelled input field": JSON.stringify({ query: "{ vms(filter: { staet: [] }) { totalCount } }" }),
  "attack 7: with a document that is not GraphQL": JSON.stringify({ query: "qwerty cop { abc }" }),
  "attack 7: with a body that is not JSON": "qwerty cop { abc }",
  "attack 7: with an empty body": "",
  "attack 9: for its SDL": JSON.stringify({ query: "{ _service { sdl } }" }),
  "attack 9: for an entity": JSON.stringify({
    query: entities("__typename"),
    variables: { r: [{ __typename: "Vm", id: id("vm") }] },
  }),
};

describe.each(domains)("attacks on the %s subgraph's own port: queried without a signature", (domain) => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    fetch(servers.get(domain)?.url ?? "", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });

  it.each(Object.entries(queries))(
    "%s, it returns the same error to every caller and reveals nothing about itself",
    async (_what, body) => {
      const response = await send(body);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        errors: [{ message: "This service answers signed calls only.", extensions: { code: "UNAUTHENTICATED" } }],
      });
    },
  );

  it("attack 6: by a browser, it has no page", async () => {
    const response = await fetch(servers.get(domain)?.url ?? "", { headers: { accept: "text/html" } });
    expect([response.status, await response.text()]).toEqual([404, "{}"]);
  });

  it("attack 8: for a trace, it returns none, even in a signed call", async () => {
    const body = JSON.stringify({ query: "{ __typename }" });
    const identity = wholeTenantIdentity(tenantId, id("user"));
    const context = { identity, requestId: "r", deadline: Date.now() + 10_000 };
    const signed = signContext(callSigner("gateway", keys), { audience: domain, context, body });
    const response = await send(body, { ...signed, "apollo-federation-include-trace": "ftv1" });
    expect(await response.json()).toEqual({ data: { __typename: "Query" } });
  });
});
