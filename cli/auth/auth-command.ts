import type { Keyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { type Command, Option } from "commander";
import { randomUUID } from "node:crypto";
import type { Environment } from "#runtime/environment.ts";
import { keyEnvironmentOf } from "#runtime/installation-kind.ts";
import { readPepper } from "#runtime/keys/keys.ts";
import { tableOf } from "#cli/table.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";

export interface AuthOptions {
  dataDir?: string;
  json: boolean;
}

/** What a command works with: the services of the use cases, and the context of its requests in a tenant. */
export interface AuthWork {
  services: AuthServices;
  inTenant(tenantId: string): RequestContext;
}

/** A list as a table: its columns are named even when it has no entries. */
export interface Listing {
  columns: readonly string[];
  entries: readonly object[];
}

export interface CommandContext {
  program: Command;
  environmentOf: (options: { dataDir?: string }) => Environment;
}

/** Adds `novacron <name> …`: what administrators do in the graph, by the same use cases, for every person who can reach the databases. */
export function authCommand({ program, environmentOf }: CommandContext, name: string, description: string) {
  const command = program.command(name).description(description);
  const actor = `command:${name}`;
  const inTenant = (tenantId: string): RequestContext => ({
    identity: { kind: "service", id: "command", name: actor, tenantId, permissions: ["*"] },
    requestId: randomUUID(),
    deadline: Date.now() + 60_000,
  });
  const use = <Result>(options: AuthOptions, work: (work: AuthWork) => Promise<Result>): Promise<Result> =>
    withServices(environmentOf(options), actor, (services) => work({ services, inTenant }));
  const print = (options: AuthOptions, value: object, text: () => string): void =>
    void process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text());
  return {
    /** Adds a sub-command, with the options that all of them have. */
    sub: (usage: string, does: string): Command =>
      command
        .command(usage)
        .description(does)
        .addOption(
          new Option("--data-dir <folder>", "where keys and the embedded server's data are").env("NOVACRON_DATA_DIR"),
        )
        .option("--json", "print one JSON document", false),
    /** Prints one object, one line per property. */
    run: async (options: AuthOptions, work: (work: AuthWork) => Promise<object>): Promise<void> => {
      const result = await use(options, work);
      print(options, result, () =>
        Object.entries(result)
          .map(([property, value]) => `${property}: ${valueText(value)}\n`)
          .join(""),
      );
    },
    /** Prints a list: a line with the names of its columns, then one line per entry. */
    list: async (options: AuthOptions, work: (work: AuthWork) => Promise<Listing>): Promise<void> => {
      const { columns, entries } = await use(options, work);
      print(options, entries, () =>
        tableOf(
          columns,
          entries.map((entry) => columns.map((column) => valueText((entry as Record<string, unknown>)[column]))),
        ),
      );
    },
  };
}

async function withServices<T>(
  environment: Environment,
  actor: string,
  use: (services: AuthServices) => Promise<T>,
): Promise<T> {
  const { actingAs, withSystems } = await import("#runtime/databases.ts");
  const { openDatabase } = await import("#db/client.ts");
  return withSystems(environment, async ({ auth: system }, server) => {
    const database = await openDatabase({ domain: "auth", url: server.url("auth", "service"), maxConnections: 2 });
    try {
      return await use({
        ...actingAs({ database }, actor),
        system,
        unawaited: database,
        hasher: new PasswordHasher(),
        limits: new SignInLimits(),
        environment: keyEnvironmentOf(environment.production),
        // Read only by commands that create a key.
        get pepper() {
          return readPepper(environment);
        },
        // No command sets up or checks a second factor.
        encryptionKeys: new Replaceable<Keyring>([{ id: "none", secret: "" }]),
      });
    } finally {
      await database.close();
    }
  });
}

export interface UserOptions extends AuthOptions {
  tenant?: string;
}

/** Adds the options of a command about one user, whose login may be that of other users in other tenants. */
export const ofUser = (command: Command): Command =>
  command.option("--tenant <name>", "the tenant that the user belongs to; its name or its id");

export const listOption = (text: string): string[] => text.split(",").map((each) => each.trim());

const valueText = (value: unknown): string =>
  value instanceof Date
    ? value.toISOString()
    : Array.isArray(value)
      ? value.join(",")
      : value === null || value === undefined
        ? "-"
        : String(value);
