import { Redis } from "ioredis";
import { log } from "../observability/log.ts";

/** The time that a command may take; code that counts in Redis then continues without it. */
const commandTimeoutMs = 100;

/** Opens a connection for short commands, which fail immediately while Redis is unavailable instead of waiting for it. The caller disconnects it. */
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
