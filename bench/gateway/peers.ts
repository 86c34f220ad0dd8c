import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const folder = "bench/gateway/peers";
const bin = `${folder}/node_modules/@graphql-hive/gateway/dist/bin.js`;

/** Installs the gateways of other projects, which nothing else needs. Returns the path of Hive's program; undefined when they cannot be installed. */
export function hiveGateway(): string | undefined {
  if (!existsSync(bin)) {
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0 || !existsSync(bin)) {
      process.stderr.write("@graphql-hive/gateway cannot be installed: its rows are missing.\n");
      return undefined;
    }
  }
  return bin;
}
