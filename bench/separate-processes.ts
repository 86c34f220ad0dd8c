import { randomBytes } from "node:crypto";
import { type Domain, domains } from "#db/columns.ts";
import { requireKeys } from "#runtime/keys/keys.ts";
import { callerKeys, callerKeysText } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { type Running, runToEnd, runUntilReady } from "./processes.ts";

export interface SubgraphProcesses {
  processes: Map<Domain, Running>;
  /** The keys that sign the calls to the subgraphs. */
  signingKeys: Keyring;
}

/** Starts five subgraphs from the bundles, each in a process of its own, over the databases that the keys of the data folder belong to. */
export async function startSubgraphProcesses(
  url: (domain: Domain) => string,
  dataDir: string,
): Promise<SubgraphProcesses> {
  await runToEnd(["--import", "tsx", "scripts/build.ts"]);
  const signingKeys: Keyring = [{ id: "bench", secret: randomBytes(32).toString("base64url") }];
  const keys = requireKeys({ dataDir, keys: {} });
  const secrets = {
    NOVACRON_PEPPER: keys.pepper,
    NOVACRON_ENCRYPTION_KEYS: keys.encryptionKeys.map(({ id, secret }) => `${id}:${secret}`).join(","),
  };
  const processes = new Map<Domain, Running>();
  for (const domain of domains) {
    const env = {
      ...secrets,
      NOVACRON_CALLER_KEYS: callerKeysText(callerKeys("gateway", signingKeys, domain)),
      PORT: "0",
      [`DATABASE_URL_${domain.toUpperCase()}`]: url(domain),
    };
    processes.set(domain, await runUntilReady([`dist/subgraphs/${domain}/main.js`], env));
  }
  return { processes, signingKeys };
}

/** Starts a gateway from its bundle, in front of the subgraphs. */
export async function startGatewayProcess({ processes, signingKeys }: SubgraphProcesses): Promise<Running> {
  const urls = [...processes].map(([domain, { url }]) => [`SUBGRAPH_URL_${domain.toUpperCase()}`, url]);
  return runUntilReady(["dist/gateway/main.js"], {
    ...signingVariable(signingKeys),
    PORT: "0",
    ...Object.fromEntries(urls),
  });
}

export const signingVariable = (keys: Keyring) => ({
  NOVACRON_SIGNING_KEYS: keys.map(({ id, secret }) => `${id}:${secret}`).join(","),
});
