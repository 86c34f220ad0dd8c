import { type Command, Option } from "commander";
import { randomUUID } from "node:crypto";
import { accountOf, tenantNamed } from "#db/auth/credentials.ts";
import type { RequestContext } from "#lib/request-context.ts";
import type { UserError } from "#lib/user-errors.ts";
import { createPasswordReset } from "#subgraphs/auth/passwords/change-password.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";
import { createUser, disableUser, enableUser, roleOf, setUserRole } from "#subgraphs/auth/users/users.ts";
import type { Environment } from "./environment.ts";

const roles = ["admin", "operator", "user", "viewer"] as const;

interface UserOptions {
  dataDir?: string;
  json: boolean;
}

/** `novacron user create|role|disable|enable|reset-password`: what administrators do in the graph, for whoever holds the databases. */
export function addUsersCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
  say: (line: string) => void,
): void {
  const command = program.command("user").description("make users, and let them in or out");
  const sub = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
      .option("--json", "print one JSON document", false);
  const run = async (options: UserOptions, use: (services: AuthServices) => Promise<object>) => {
    const result = await withServices(environmentOf(options), say, use);
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : lines(result));
  };

  sub("create <username>", "make a user; the password that is made up is printed once")
    .requiredOption("--email <address>", "the e-mail address")
    .option("--tenant <name>", "the tenant that the user belongs to", "platform")
    .addOption(new Option("--role <role>", "the default role").choices([...roles]).default("user"))
    .action(async (username: string, options: UserOptions & { email: string; tenant: string; role: "user" }) =>
      run(options, async (services) => {
        const tenantId = await tenantNamed(services.system, options.tenant);
        if (!tenantId) throw problem({ code: "TENANT_UNKNOWN", message: `There is no tenant ${options.tenant}.` });
        const input = { username, email: options.email, role: options.role, password: null };
        const made = await createUser(services, asCommand(tenantId), input);
        if (Array.isArray(made)) throw problem(...made);
        return { id: made.user.id, username: made.user.username, password: made.password };
      }),
    );
  sub("role <login> <role>", `give a user another default role: ${roles.join(", ")}`).action(
    async (login: string, role: string, options: UserOptions) =>
      run(options, async (services) => {
        const wanted = roles.find((each) => each === role);
        if (!wanted) throw problem({ code: "ROLE_UNKNOWN", message: `There is no role ${role}.` });
        return changed(services, login, (request, id) => setUserRole(services, request, id, roleOf(wanted)));
      }),
  );
  sub("disable <login>", "let a user sign in no longer, and end all sessions").action(
    async (login: string, options: UserOptions) =>
      run(options, (services) => changed(services, login, (request, id) => disableUser(services, request, id))),
  );
  sub("enable <login>", "let a user sign in again").action(async (login: string, options: UserOptions) =>
    run(options, (services) => changed(services, login, (request, id) => enableUser(services, request, id))),
  );
  sub(
    "reset-password <login>",
    "print a code by which the user can set a new password, once and within an hour",
  ).action(async (login: string, options: UserOptions) =>
    run(options, async (services) => {
      const { tenantId, userId } = await accountNamed(services, login);
      const reset = await createPasswordReset(services, asCommand(tenantId), userId);
      if (!reset) throw problem({ code: "NOT_FOUND", message: `${login} is disabled.` });
      return reset;
    }),
  );
}

const asCommand = (tenantId: string): RequestContext => ({
  identity: { kind: "service", id: "command", name: "command line", tenantId, permissions: ["*"] },
  requestId: randomUUID(),
  deadline: Date.now() + 60_000,
});

async function changed(
  services: AuthServices,
  login: string,
  change: (
    request: RequestContext,
    userId: string,
  ) => Promise<{ id: string; username: string; role: string; disabledAt: Date | null } | UserError | undefined>,
): Promise<object> {
  const { tenantId, userId } = await accountNamed(services, login);
  const user = await change(asCommand(tenantId), userId);
  if (!user) throw problem({ code: "NOT_FOUND", message: `Nothing to change for ${login}.` });
  if ("code" in user) throw problem(user);
  return { id: user.id, username: user.username, role: user.role, disabledAt: user.disabledAt };
}

async function accountNamed({ system }: AuthServices, login: string) {
  const account = await accountOf(system, login);
  if (!account) throw problem({ code: "NOT_FOUND", message: `There is no user ${login}.` });
  return account;
}

const problem = (...errors: readonly { code: string; message: string }[]): Error =>
  Object.assign(new Error(errors.map(({ message }) => message).join(" ")), { code: errors[0]?.code });

async function withServices<T>(
  environment: Environment,
  say: (line: string) => void,
  use: (services: AuthServices) => Promise<T>,
): Promise<T> {
  const { withSystems } = await import("./databases.ts");
  const { openDatabase } = await import("#db/client.ts");
  return withSystems(environment, say, async ({ auth: system }, server) => {
    const database = await openDatabase({ domain: "auth", url: server.url("auth"), maxConnections: 2 });
    try {
      // No command makes or checks a key or a second factor.
      const keys = { pepper: "", environment: "", encryptionKeys: [{ id: "none", secret: "" }] as const };
      return await use({ database, system, hasher: new PasswordHasher(), limits: new SignInLimits(), ...keys });
    } finally {
      await database.close();
    }
  });
}

const lines = (result: object): string =>
  Object.entries(result)
    .map(([name, value]) => `${name}: ${value instanceof Date ? value.toISOString() : String(value)}\n`)
    .join("");
