import { Agent, request } from "undici";
import type { ExecutionResult } from "graphql";
import type { Keyring } from "#lib/keyring.ts";
import { signContext } from "#lib/signed-context.ts";
import type { Transport } from "./transport.ts";

/**
 * Calls subgraphs over HTTP with kept-alive connections; every call is signed over its final body. Of the client's own headers none goes
 * along: what a subgraph may know of the client is in the context.
 */
export function overHttp(urls: Readonly<Record<string, string>>, keys: Keyring): Transport {
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
        headers: {
          "content-type": "application/json",
          ...signContext(keys, { issuer: "gateway", audience: name, context, body }),
        },
      });
      if (response.statusCode !== 200) {
        await response.body.dump();
        throw new Error(`Subgraph ${name} answered with status ${response.statusCode}.`);
      }
      const result = await response.body.json();
      if (!isExecutionResult(result)) throw new Error(`Subgraph ${name} answered with something else than GraphQL.`);
      return result;
    },
    close: () => agent.destroy(),
  };
}

function isExecutionResult(value: unknown): value is ExecutionResult {
  if (!isObject(value) || !("data" in value || "errors" in value)) return false;
  const { data = null, errors = [] } = value;
  return (
    (data === null || isObject(data)) &&
    Array.isArray(errors) &&
    errors.every((error) => isObject(error) && typeof error["message"] === "string")
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);
