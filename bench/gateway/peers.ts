import { installPeers } from "../install-peers.ts";

/** Returns the path of Hive's gateway; undefined when it cannot be installed. */
export const hiveGateway = (): string | undefined =>
  installPeers("bench/gateway/peers", "@graphql-hive/gateway/dist/bin.js");
