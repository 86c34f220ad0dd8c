import { Option } from "commander";
import { apiKeyEntity, type PublicApiKeyRow } from "#db/auth/api-keys.ts";
import { permissionsOfUser } from "#db/auth/credentials.ts";
import { createApiKey, revokeApiKey, rotateApiKey } from "#subgraphs/auth/api-keys/api-keys.ts";
import {
  authCommand,
  type AuthOptions,
  type CommandContext,
  listOption,
  ofUser,
  type UserOptions,
} from "./auth-command.ts";
import { accountNamed, entriesOf, keyNamed, pageIn, tenantOf } from "./lookups.ts";
import { done, problem } from "./problem.ts";

interface CreateOptions extends UserOptions {
  name: string;
  scopes: string[];
  expires?: string;
  rateLimit: string;
  actsIn?: string;
}

const ofTenant = () =>
  new Option("--tenant <name>", "the tenant of the key's user; its name or its id").default("platform");

/** Adds `novacron key create|revoke|rotate|list`: the API keys of users. `novacron keys` is for the keys of the installation. */
export function addKeyCommand(context: CommandContext): void {
  const { sub, run, list } = authCommand(context, "key", "the API keys of users");

  ofUser(
    sub(
      "create <login>",
      "make a key in the name of a user, with no permission that the user lacks; it is printed once",
    ),
  )
    .requiredOption("--name <name>", "the name of the key")
    .requiredOption("--scopes <list>", "what it may be used for: `vm:read,alert:*`", listOption)
    .option("--expires <time>", "when it expires, such as 2027-01-31 or with a time of day; never when omitted")
    .option("--rate-limit <number>", "how many requests it may make in a minute", "1000")
    .option("--acts-in <tenant>", "for users of the platform: the tenant that the key acts in")
    .action((login: string, options: CreateOptions) =>
      run(options, async ({ services, inTenant }) => {
        const { tenantId, userId: id } = await accountNamed(services, login, options.tenant);
        const permissions = await permissionsOfUser(services.system, id);
        if (!permissions) throw problem({ code: "NOT_FOUND", message: `${login} is disabled.` });
        const input = {
          name: options.name,
          scopes: options.scopes,
          expiresAt: options.expires === undefined ? null : timeOf(options.expires),
          rateLimitPerMinute: Number(options.rateLimit),
          tenantId: options.actsIn === undefined ? null : await tenantOf(services, options.actsIn),
        };
        const made = done(await createApiKey(services, inTenant(tenantId), input, { id, permissions }));
        return { ...shown(made.apiKey), key: made.key };
      }),
    );
  sub("rotate <key>", "make a key that replaces another, given by its name or its id; it is printed once")
    .addOption(ofTenant())
    .option("--overlap <duration>", "for how long the old one stays valid, at most P30D", "P1D")
    .action((key: string, options: AuthOptions & { overlap: string; tenant: string }) =>
      run(options, async ({ services, inTenant }) => {
        const { id, tenantId } = await keyNamed(services, key, options.tenant);
        const request = inTenant(tenantId);
        const { overlap } = options;
        const rotated = done(await rotateApiKey(services, request, { id, overlap }), "key that is valid");
        return { ...shown(rotated.apiKey), key: rotated.key, replaced: rotated.replaced.id };
      }),
    );
  sub("revoke <key>", "revoke a key at once, given by its name or its id")
    .addOption(ofTenant())
    .action((key: string, options: AuthOptions & { tenant: string }) =>
      run(options, async ({ services, inTenant }) => {
        const { id, tenantId } = await keyNamed(services, key, options.tenant);
        return shown(done(await revokeApiKey(services, inTenant(tenantId), { id })).apiKey);
      }),
    );
  sub("list", "print the keys of a tenant's users, none of them whole")
    .addOption(ofTenant())
    .action((options: AuthOptions & { tenant: string }) =>
      list(options, async ({ services }) => {
        const tenantId = await tenantOf(services, options.tenant);
        const entries = await entriesOf((args) => pageIn(services, tenantId, apiKeyEntity.list, args));
        return { columns, entries: entries.map(shown) };
      }),
    );
}

/** Parses a time. @throws Error EXPIRY_INVALID */
function timeOf(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw problem({
      code: "EXPIRY_INVALID",
      message: `--expires: ${text} is not a time such as 2027-01-31 or 2027-01-31T12:00:00Z.`,
    });
  return time;
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

const columns = ["id", "name", "userId", "scopes", "rateLimitPerMinute", "expiresAt", "revokedAt"];
