import { type Filter, fits, reason } from "../plugin.ts";

const stale = reason("heartbeat_stale", "has sent no heartbeat for too long");

/** Passes a node whose last heartbeat is recent, or that sends none. */
export const heartbeat: Filter = ({ heartbeatTimeoutSeconds, lastHeartbeat }, { now }) =>
  heartbeatTimeoutSeconds === null ||
  (lastHeartbeat !== null && now - lastHeartbeat.getTime() <= heartbeatTimeoutSeconds * 1_000)
    ? fits
    : stale;
