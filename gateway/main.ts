import { readFileSync } from "node:fs";
import { asset } from "#lib/assets.ts";
import { policies } from "#lib/request-context.ts";
import { readKeyring } from "#lib/keyring.ts";
import { openRedis } from "#lib/redis.ts";
import { authentication } from "./authentication/authenticate.ts";
import { denialRecorder } from "./authentication/denials.ts";
import { KeyLimits } from "./authentication/key-limits.ts";
import { openDocuments } from "./documents/open-documents.ts";
import { readGatewayEnvironment } from "./environment.ts";
import { startGateway } from "./http/server.ts";
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
const isProduction = process.env["NOVACRON_ENV"] === "production";
const redisUrl = process.env["REDIS_URL"];
const transport = guarded(overHttp(urls, keys), { callTimeoutMs: 5_000 });
const redis = redisUrl ? openRedis(redisUrl) : undefined;
const environment = readGatewayEnvironment();
const { documents } = await openDocuments(environment);
const gateway = await startGateway({
  documents,
  allowedOrigins: environment.allowedOrigins,
  policies,
  supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
  transport,
  onDenied: denialRecorder(transport),
  // Nobody tells this process of revocations, so it remembers no identity and asks for each request.
  identify: authentication({
    transport,
    environment: isProduction ? "prod" : "dev",
    limits: new KeyLimits(redis),
  }),
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
  introspection: !isProduction,
  host: process.env["HOST"] ?? "127.0.0.1",
  port: Number(process.env["PORT"] ?? 4000),
});
process.stdout.write(`novacron ready ${gateway.url}\n`);
const stop = () => {
  redis?.disconnect();
  void gateway.close().then(() => process.exit(0));
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
