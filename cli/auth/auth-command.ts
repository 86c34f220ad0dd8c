import { type Command, Option } from "commander";
import { randomUUID } from "node:crypto";
import type { Environment } from "#cli/environment.ts";
import { readPepper } from "#cli/keys.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";

export interface AuthOptions {
  dataDir?: string;
  json: boolean;
}

/** What a command works with: the services of the use cases, and as whom it asks in a tenant. */
export interface AuthWork {
  services: AuthServices;
  inTenant(tenantId: string): RequestContext;
}

export interface CommandContext {
  program: Command;
  environmentOf: (options: { dataDir?: string }) => Environment;
  say: (line: string) => void;
}

/** `novacron <name> …`: what administrators do in the graph, by the same use cases, for whoever holds the databases. */
export function authCommand({ program, environmentOf, say }: CommandContext, name: string, description: string) {
  const command = program.command(name).description(description);
  const actor = `command:${name}`;
  const inTenant = (tenantId: string): RequestContext => ({
    identity: { kind: "service", id: "command", name: actor, tenantId, permissions: ["*"] },
    requestId: randomUUID(),
    deadline: Date.now() + 60_000,
  });
  return {
    /** A command under it, with the options that all of them have. */
    sub: (usage: string, does: string): Command =>
      command
        .command(usage)
        .description(does)
        .addOption(
          new Option("--data-dir <folder>", "where keys and the embedded server's data are").env("NOVACRON_DATA_DIR"),
        )
        .option("--json", "print one JSON document", false),
    /** Prints what comes of it: one object, or a list. */
    run: async (options: AuthOptions, use: (work: AuthWork) => Promise<object>): Promise<void> => {
      const result = await withServices(environmentOf(options), say, actor, (services) => use({ services, inTenant }));
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : textOf(result));
    },
  };
}

async function withServices<T>(
  environment: Environment,
  say: (line: string) => void,
  actor: string,
  use: (services: AuthServices) => Promise<T>,
): Promise<T> {
  const { actingAs, withSystems } = await import("#cli/databases.ts");
  const { openDatabase } = await import("#db/client.ts");
  return withSystems(environment, say, async ({ auth: system }, server) => {
    const database = await openDatabase({ domain: "auth", url: server.url("auth"), maxConnections: 2 });
    try {
      return await use({
        ...actingAs({ database }, actor),
        system,
        unawaited: database,
        hasher: new PasswordHasher(),
        limits: new SignInLimits(),
        environment: environment.production ? "prod" : "dev",
        // Asked for by who makes a key, and only then.
        get pepper() {
          return readPepper(environment);
        },
        // No command makes or checks a second factor.
        encryptionKeys: [{ id: "none", secret: "" }],
      });
    } finally {
      await database.close();
    }
  });
}

export const listOption = (text: string): string[] => text.split(",").map((each) => each.trim());

/** A line for each property of an object; of a list, a line for each entry, its values between tabs. */
const textOf = (result: object): string =>
  Array.isArray(result)
    ? result.map((entry: object) => `${Object.values(entry).map(valueText).join("\t")}\n`).join("")
    : Object.entries(result)
        .map(([name, value]) => `${name}: ${valueText(value)}\n`)
        .join("");

const valueText = (value: unknown): string =>
  value instanceof Date ? value.toISOString() : Array.isArray(value) ? value.join(",") : String(value);
