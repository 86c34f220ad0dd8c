import { describe, expect, it } from "vitest";
import { createGateway } from "#gateway/create-gateway.ts";
import type { Policies } from "#gateway/authorization/access-rule.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { policies, sdl } from "./library.ts";

describe("a supergraph is refused at load", () => {
  const load = async (supergraphSdl: string, registered: Policies = policies) =>
    createGateway({
      supergraphSdl,
      policies: registered,
      introspection: false,
      planning: "this thread",
      transport: { send: async () => ({ data: null }), close: async () => undefined },
    });

  it("when it requires a policy that is not registered", async () => {
    await expect(load(sdl, {})).rejects.toThrow("over_18");
    await expect(load(sdl, Object.create({ over_18: () => true }) as Policies)).rejects.toThrow("over_18");
  });

  it("when it has an unknown version of an authorization directive, whatever the purpose of its link", async () => {
    const newer = sdl.replace("requiresScopes/v0.1", "requiresScopes/v0.2");
    await expect(load(newer)).rejects.toThrow("requiresScopes/v0.2");
    await expect(load(newer.replaceAll(", for: SECURITY", ""))).rejects.toThrow("requiresScopes/v0.2");
  });

  it("when it has another feature whose purpose is security", async () => {
    const other = sdl.replace("@link(url:", '@link(url: "https://example.com/sealed/v1.0", for: SECURITY) @link(url:');
    await expect(load(other)).rejects.toThrow("sealed");
  });

  it("when it has an authorization directive without a link", async () => {
    const unlinked = sdl.replace(/@link\(url: "[^"]*authenticated[^)]*\)/, "");
    expect(unlinked).not.toBe(sdl);
    await expect(load(unlinked)).rejects.toThrow("@authenticated without a link");
  });
});

it("directives are enforced under the names that a link assigns to them", async () => {
  const renamed = sdl
    .replace('authenticated/v0.1", for', 'authenticated/v0.1", as: "known", for')
    .replaceAll("@authenticated", "@known");
  expect(renamed).not.toContain("@authenticated");
  const gateway = createGateway({
    supergraphSdl: renamed,
    policies,
    introspection: false,
    planning: "this thread",
    transport: {
      send: async () => {
        throw new Error("The subgraph was called.");
      },
      close: async () => undefined,
    },
  });
  const { body } = await gateway.execute(
    { query: "{ books { id } }" },
    { identity: anonymous, requestId: "", deadline: 0, signal: new AbortController().signal },
  );
  expect(body).toContain("UNAUTHENTICATED");
});
