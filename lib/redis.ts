import { Redis } from "ioredis";
import { log } from "./log.ts";

/** How long a command may take: what counts in Redis does without it then. */
const commandTimeoutMs = 100;

/** A connection for short commands, which fail at once while Redis is away instead of waiting for it. The caller disconnects it. */
export function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: commandTimeoutMs,
    retryStrategy: () => 500,
  });
  // Without a listener an error would end the process.
  redis.on("error", (error) => log.gateway.debug({ err: error }, "the connection to Redis failed"));
  return redis;
}
