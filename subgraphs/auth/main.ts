import "#lib/process/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { readKeyring } from "#lib/trust/keyring.ts";
import { followKeyring } from "#lib/trust/live-keys.ts";
import { readRedisUrl } from "#lib/process/redis-url.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { openRedis } from "#lib/process/redis.ts";
import { readSecret } from "#lib/trust/secrets.ts";
import { serveSubgraph } from "#lib/subgraph/server.ts";
import { isProduction, keyEnvironmentOf } from "#runtime/installation-kind.ts";
import { SignInLimits } from "./sign-in/sign-in-limits.ts";
import { createAuthSubgraph } from "./subgraph.ts";

await serveSubgraph({
  name: "auth",
  logins: ["service", "system"],
  open: async (urls) => {
    const pepper = readSecret("NOVACRON_PEPPER");
    const encryptionKeys = new Replaceable(readKeyring("NOVACRON_ENCRYPTION_KEYS"));
    const endKeys = followKeyring("NOVACRON_ENCRYPTION_KEYS", encryptionKeys);
    const redisUrl = readRedisUrl();
    if (!pepper || pepper.length < 32)
      throw new ConfigurationError([`NOVACRON_PEPPER: ${pepper ? "has less than 32 characters" : "is not set"}`]);
    const database = await openDatabase({ domain: "auth", url: urls.service });
    const system = await openDatabase({ domain: "auth", url: urls.system, as: "system", maxConnections: 4 });
    const redis = redisUrl ? openRedis(redisUrl) : undefined;
    return {
      subgraph: createAuthSubgraph({
        database,
        system,
        pepper,
        encryptionKeys,
        environment: keyEnvironmentOf(isProduction()),
        limits: new SignInLimits(redis),
      }),
      executedWrites: executedWrites(database),
      ready: async () => (await Promise.all([database.reachable(), system.reachable()])).every(Boolean),
      close: async () => {
        endKeys();
        redis?.disconnect();
        await Promise.all([database.close(), system.close()]);
      },
    };
  },
});
