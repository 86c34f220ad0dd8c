import { readFileSync } from "node:fs";
import { asset } from "#lib/assets.ts";
import { demoTenantId, demoUserId } from "#lib/demo-tenant.ts";
import { readKeyring } from "#lib/keyring.ts";
import { developmentIdentity } from "./development-identity.ts";
import { startGateway } from "./server.ts";
import { readSupergraphConfig } from "./supergraph.ts";
import { guarded } from "./transport/guarded.ts";
import { overHttp } from "./transport/http.ts";

// The process entry of a gateway that runs apart from its subgraphs: supergraph.yaml, or SUBGRAPH_URL_<NAME>, says where they are.
const keys = readKeyring("NOVACRON_SIGNING_KEYS");
const { subgraphs } = readSupergraphConfig(asset("supergraph.yaml"));
const urls = Object.fromEntries(Object.entries(subgraphs).map(([name, { routing_url }]) => [name, routing_url]));
const elsewhere = Object.entries(urls).filter(([, url]) => !/^https?:/.test(url));
if (elsewhere.length > 0) {
  throw new Error(
    `Set ${elsewhere.map(([name]) => `SUBGRAPH_URL_${name.toUpperCase()}`).join(", ")}: a gateway apart has no subgraphs in process.`,
  );
}
const identity = developmentIdentity(
  process.env["NOVACRON_TENANT_ID"] ?? demoTenantId,
  process.env["NOVACRON_USER_ID"] ?? demoUserId,
);
const gateway = await startGateway({
  supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
  transport: guarded(overHttp(urls, keys), { callTimeoutMs: 5_000 }),
  identify: async () => identity,
  ready: async () => {
    const answers = await Promise.allSettled(
      Object.values(urls).map(async (url) => {
        const response = await fetch(new URL("/health/live", url), {
          signal: AbortSignal.timeout(1_000),
        });
        if (!response.ok) throw new Error(`status ${response.status}`);
      }),
    );
    return answers.every((answer) => answer.status === "fulfilled");
  },
  introspection: process.env["NOVACRON_ENV"] !== "production",
  host: process.env["HOST"] ?? "127.0.0.1",
  port: Number(process.env["PORT"] ?? 4000),
});
process.stdout.write(`novacron ready ${gateway.url}\n`);
const stop = () => {
  void gateway.close().then(() => process.exit(0));
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
