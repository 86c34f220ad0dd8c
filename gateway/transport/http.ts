import { Agent, request } from "undici";
import type { ExecutionResult } from "graphql";
import { signContext } from "#lib/signed-context.ts";
import type { Transport } from "./transport.ts";

/** Calls subgraphs over HTTP with kept-alive connections; every call is signed over its final body. */
export function overHttp(urls: Readonly<Record<string, string>>, key: string): Transport {
  const agent = new Agent({
    connections: 32,
    keepAliveTimeout: 30_000,
    connect: { timeout: 2_000 },
  });
  return {
    send: async (name, call, context, signal) => {
      const url = urls[name];
      if (!url) throw new Error(`Subgraph ${name} has no URL.`);
      const body = JSON.stringify(call);
      const response = await request(url, {
        method: "POST",
        dispatcher: agent,
        signal,
        body,
        headers: { "content-type": "application/json", ...signContext(key, name, context, body) },
      });
      if (response.statusCode !== 200) {
        await response.body.dump();
        throw new Error(`Subgraph ${name} answered with status ${response.statusCode}.`);
      }
      const result = await response.body.json();
      if (result === null || typeof result !== "object" || !("data" in result || "errors" in result)) {
        throw new Error(`Subgraph ${name} answered with something else than GraphQL.`);
      }
      return result as ExecutionResult;
    },
    close: () => agent.destroy(),
  };
}
