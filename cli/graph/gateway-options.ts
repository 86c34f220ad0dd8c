import { type Command, Option } from "commander";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { administratorFile, readAdministrator } from "#runtime/administrator-file.ts";
import type { Environment } from "#runtime/environment.ts";
import { actingIn, type OpenedGateway } from "./acting-in.ts";
import { gatewayOf } from "./gateway.ts";

const defaultUrl = "http://127.0.0.1:4000/graphql";

export interface GatewayOptions {
  url: string;
  dataDir?: string;
  apiKey?: string;
  tenant?: string;
}

/** Adds the options that choose a gateway, a credential and a tenant. */
export const withGatewayOptions = (command: Command): Command =>
  command
    .option("--url <url>", "the gateway", defaultUrl)
    .addOption(
      new Option(
        "--api-key <key>",
        "the API key; prefer the variable, which other users of the machine cannot see",
      ).env("NOVACRON_API_KEY"),
    )
    .addOption(
      new Option(
        "--data-dir <folder>",
        "where the first start left admin.json, whose key is used without another one",
      ).env("NOVACRON_DATA_DIR"),
    )
    .option("--tenant <name>", "the tenant to act in, by its name or its id (default: that of the key)");

/**
 * Returns the gateway of a command, in the tenant that its options choose.
 * @throws Error USAGE, KEY_MISSING, UNREACHABLE, TENANT_MISMATCH, or that of a sign-in
 */
export async function openGateway(
  { url, apiKey, tenant, ...options }: GatewayOptions,
  environmentOf: (options: { dataDir?: string }) => Environment,
): Promise<OpenedGateway> {
  const { dataDir } = environmentOf(options);
  const gateway = gatewayOf(url, dataDir, apiKey || undefined);
  if (tenant === undefined) return { gateway, close: async () => undefined };
  const path = administratorFile(resolve(dataDir));
  const isAdministrator = !apiKey && existsSync(path);
  return actingIn(gateway, tenant, isAdministrator ? readAdministrator(path) : undefined);
}

/** Returns a command with the options that it needs to reach the same gateway, to be copied from a message. Never with a key. */
export function commandWith({ url, dataDir, tenant }: GatewayOptions, ...words: readonly string[]): string {
  const given = [
    ...(url === defaultUrl ? [] : ["--url", url]),
    ...(dataDir === undefined || dataDir === process.env["NOVACRON_DATA_DIR"] ? [] : ["--data-dir", dataDir]),
    ...(tenant === undefined ? [] : ["--tenant", tenant]),
  ];
  return ["novacron", ...words, ...given].map(quoted).join(" ");
}

/** As a shell reads it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
