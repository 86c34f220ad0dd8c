import { Option } from "commander";
import { type PublicUserRow, userEntity } from "#db/auth/users.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { Outcome } from "#subgraphs/use-case.ts";
import { createPasswordReset } from "#subgraphs/auth/passwords/change-password.ts";
import { revokeUserSessions } from "#subgraphs/auth/sessions/end-sessions.ts";
import { createUser, disableUser, enableUser, setUserRole } from "#subgraphs/auth/users/users.ts";
import {
  authCommand,
  type AuthOptions,
  type AuthWork,
  type CommandContext,
  ofUser,
  type UserOptions,
} from "./auth-command.ts";
import { accountNamed, entriesOf, pageIn, tenantOf } from "./lookups.ts";
import { done, problem } from "./problem.ts";

const roles = ["admin", "operator", "user", "viewer"] as const;

/** Adds `novacron user create|list|role|disable|enable|end-sessions|reset-password`. */
export function addUserCommand(context: CommandContext): void {
  const { sub, run, list } = authCommand(context, "user", "make users, and allow or end their access");

  sub("create <username>", "make a user; the generated password is printed once")
    .requiredOption("--email <address>", "the e-mail address")
    .option("--tenant <name>", "the tenant that the user belongs to", "platform")
    .addOption(new Option("--role <role>", "the default role").choices([...roles]).default("user"))
    .action((username: string, options: AuthOptions & { email: string; tenant: string; role: "user" }) =>
      run(options, async ({ services, inTenant }) => {
        const request = inTenant(await tenantOf(services, options.tenant));
        const input = { username, email: options.email, role: options.role };
        const { user, password } = done(await createUser(services, request, input));
        return { id: user.id, username: user.username, password };
      }),
    );
  sub("list", "print the users of a tenant")
    .option("--tenant <name>", "the tenant that the users belong to; its name or its id", "platform")
    .action((options: AuthOptions & { tenant: string }) =>
      list(options, async ({ services }) => {
        const tenantId = await tenantOf(services, options.tenant);
        const users = await entriesOf((args) => pageIn(services, tenantId, userEntity.list, args));
        const entries = users.map(({ id, username, email, role, disabledAt, lastLogin }) => {
          return { username, id, email, role, disabledAt, lastLogin };
        });
        return { columns: ["username", "id", "email", "role", "disabledAt", "lastLogin"], entries };
      }),
    );
  ofUser(sub("role <login> <role>", `give a user another default role: ${roles.join(", ")}`)).action(
    (login: string, role: string, options: UserOptions) =>
      run(options, async (work) => {
        const wanted = roles.find((each) => each === role);
        if (!wanted)
          throw problem({
            code: "ROLE_UNKNOWN",
            message: `There is no default role ${role}; there are ${roles.join(", ")}. \`novacron role grant\` gives a tenant's own roles.`,
          });
        return changed(work, login, options, (request, id) =>
          setUserRole(work.services, request, { id, role: wanted }),
        );
      }),
  );
  ofUser(sub("disable <login>", "disable a user, and end all sessions")).action((login: string, options: UserOptions) =>
    run(options, (work) => changed(work, login, options, (request, id) => disableUser(work.services, request, { id }))),
  );
  ofUser(sub("enable <login>", "let a user sign in again")).action((login: string, options: UserOptions) =>
    run(options, (work) => changed(work, login, options, (request, id) => enableUser(work.services, request, { id }))),
  );
  ofUser(sub("end-sessions <login>", "end all sessions of a user, who may sign in again")).action(
    (login: string, options: UserOptions) =>
      run(options, async ({ services, inTenant }) => {
        const { tenantId, userId } = await accountNamed(services, login, options.tenant);
        const { sessions } = done(await revokeUserSessions(services, inTenant(tenantId), { userId }));
        return { ended: sessions.length };
      }),
  );
  ofUser(
    sub("reset-password <login>", "print a code by which the user can set a new password, once and within an hour"),
  ).action((login: string, options: UserOptions) =>
    run(options, async ({ services, inTenant }) => {
      const { tenantId, userId } = await accountNamed(services, login, options.tenant);
      return done(await createPasswordReset(services, inTenant(tenantId), { userId }), "user who can sign in");
    }),
  );
}

async function changed(
  { services, inTenant }: AuthWork,
  login: string,
  { tenant }: UserOptions,
  change: (request: RequestContext, id: string) => Promise<Outcome<{ user: PublicUserRow }>>,
): Promise<object> {
  const { tenantId, userId } = await accountNamed(services, login, tenant);
  const { id, username, role, disabledAt } = done(await change(inTenant(tenantId), userId)).user;
  return { id, username, role, disabledAt };
}
