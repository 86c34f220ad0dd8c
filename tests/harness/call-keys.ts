import { executedWrites } from "#db/executed-writes.ts";
import type { Domain } from "#db/columns.ts";
import { callerKeys, callerKeysText } from "#lib/trust/call-keys.ts";
import type { ExecutedWrites } from "#lib/subgraph/executed-writes.ts";
import { type Keyring, parseKeyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { calleesOf } from "#runtime/keys/issuers.ts";
import type { ListeningSubgraph } from "#lib/subgraph/server.ts";
import type { TestProduct } from "./product.ts";

/** Returns `NOVACRON_CALLER_KEYS` of a subgraph, for a gateway, or another issuer, with these `NOVACRON_SIGNING_KEYS`. */
export function callerKeysFor(audience: string, signingKeys: string, issuer = "gateway"): string {
  const keys = parseKeyring(signingKeys);
  if (!keys) throw new Error("The signing keys are not a valid keyring.");
  return callerKeysText(callerKeys(issuer, keys, audience));
}

/** Returns the settings of a subgraph in a process of its own with which it calls others, for those that do. Nothing listens at these addresses. */
export const callingSettings = (domain: Domain): Record<string, string> =>
  calleesOf(domain).length === 0
    ? {}
    : {
        NOVACRON_SIGNING_KEYS: `1:the own key of ${domain} and of nothing else here`,
        ...Object.fromEntries(
          calleesOf(domain).map((name) => [`SUBGRAPH_URL_${name.toUpperCase()}`, "http://127.0.0.1:1/graphql"]),
        ),
      };

/** Returns what a subgraph of a product listens with in a separate process, called by a gateway with these keys. */
export const listeningOf = (
  { databases }: Pick<TestProduct, "databases">,
  subgraph: Subgraph,
  keys: Keyring,
): ListeningSubgraph => ({
  subgraph,
  callers: new Replaceable(callerKeys("gateway", keys, subgraph.name)),
  executedWrites: executedWrites(databases[subgraph.name as Domain]),
});

/** For subgraphs that have no mutations. */
export const noWrites: ExecutedWrites = {
  remember: async () => {
    throw new Error("This subgraph writes nothing.");
  },
};
