import { apiKeyList, type PublicApiKeyRow } from "#db/auth/api-keys.ts";
import { permissionsOfUser, tenantOfKey } from "#db/auth/credentials.ts";
import { validId } from "#lib/arguments.ts";
import { createApiKey, revokeApiKey, rotateApiKey } from "#subgraphs/auth/api-keys/api-keys.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { authCommand, type AuthOptions, type CommandContext, listOption } from "./auth-command.ts";
import { accountNamed, entriesOf, pageIn, tenantOf } from "./lookups.ts";
import { done, problem } from "./problem.ts";

interface CreateOptions extends AuthOptions {
  name: string;
  scopes: string[];
  expires?: string;
  rateLimit: string;
  actsIn?: string;
}

/** `novacron key create|revoke|rotate|list`: the API keys of users; `novacron keys` is for the keys of the installation. */
export function addKeyCommand(context: CommandContext): void {
  const { sub, run } = authCommand(context, "key", "the API keys of users");

  sub("create <login>", "make a key in the name of a user, with nothing that the user may not do; it is printed once")
    .requiredOption("--name <name>", "what people call it")
    .requiredOption("--scopes <list>", "what it may be used for: `vm:read,alert:*`", listOption)
    .option("--expires <time>", "when it ceases to be valid, as 2027-01-31 or with a time of day; never when left out")
    .option("--rate-limit <number>", "how many requests it may make in a minute", "1000")
    .option("--acts-in <tenant>", "of people of the platform: the tenant that it acts in")
    .action((login: string, options: CreateOptions) =>
      run(options, async ({ services, inTenant }) => {
        const { tenantId, userId: id } = await accountNamed(services, login);
        const permissions = await permissionsOfUser(services.system, id);
        if (!permissions) throw problem({ code: "NOT_FOUND", message: `${login} is disabled.` });
        const input = {
          name: options.name,
          scopes: options.scopes,
          expiresAt: options.expires === undefined ? null : new Date(options.expires),
          rateLimitPerMinute: Number(options.rateLimit),
          tenantId: options.actsIn === undefined ? null : await tenantOf(services, options.actsIn),
        };
        const made = done(await createApiKey(services, inTenant(tenantId), input, { id, permissions }), "user");
        return { ...shown(made.apiKey), key: made.key };
      }),
    );
  sub("rotate <id>", "make a key that takes the place of another; it is printed once")
    .option("--overlap <duration>", "for how long the old one stays valid, at most P30D", "P1D")
    .action((id: string, options: AuthOptions & { overlap: string }) =>
      run(options, async ({ services, inTenant }) => {
        const request = inTenant(await tenantWithKey(services, id));
        const rotated = done(await rotateApiKey(services, request, id, options.overlap), "key that is valid");
        return { ...shown(rotated.apiKey), key: rotated.key, replaced: rotated.replaced.id };
      }),
    );
  sub("revoke <id>", "end a key at once").action((id: string, options: AuthOptions) =>
    run(options, async ({ services, inTenant }) => {
      const request = inTenant(await tenantWithKey(services, id));
      return shown(done(await revokeApiKey(services, request, id), "key that was not revoked"));
    }),
  );
  sub("list", "print the keys of a tenant's users, none of them whole")
    .option("--tenant <name>", "the tenant that the users belong to", "platform")
    .action((options: AuthOptions & { tenant: string }) =>
      run(options, async ({ services }) => {
        const tenantId = await tenantOf(services, options.tenant);
        return (await entriesOf((args) => pageIn(services, tenantId, apiKeyList, args))).map(shown);
      }),
    );
}

/** @throws Error NOT_FOUND, or InvalidArgument for what is no id */
async function tenantWithKey({ system }: AuthServices, id: string): Promise<string> {
  return done(await tenantOfKey(system, validId(id, "id")), "key");
}

const shown = ({ id, name, userId, scopes, rateLimitPerMinute, expiresAt, revokedAt }: PublicApiKeyRow) => ({
  id,
  name,
  userId,
  scopes,
  rateLimitPerMinute,
  expiresAt,
  revokedAt,
});
