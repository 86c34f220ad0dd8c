import { apiKeyEntity } from "#db/auth/api-keys.ts";
import { userEntity } from "#db/auth/users.ts";
import { type Account, accountOf, accountWithId, tenantNameOf, tenantOfKey } from "#db/auth/credentials.ts";
import type { List, ListArguments } from "#db/list.ts";
import { maxPageSize, type Page, type PageArguments } from "#lib/graphql/pagination.ts";
import { isUuid } from "#lib/uuid.ts";
import { requireTenant } from "#runtime/require-tenant.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { problem } from "./problem.ts";

type System = Pick<AuthServices, "system">;

/**
 * Returns the tenant of this name or id.
 * @throws Error TENANT_UNKNOWN
 */
export const tenantOf = ({ system }: System, nameOrId: string): Promise<string> => requireTenant(system, nameOrId);

/**
 * Returns the user of this e-mail address, username or id; with a tenant, only a user of that tenant.
 * @throws Error NOT_FOUND, LOGIN_AMBIGUOUS, TENANT_UNKNOWN
 */
export async function accountNamed(services: System, loginOrId: string, tenant?: string) {
  const account =
    tenant === undefined ? await anyAccount(services, loginOrId) : await accountIn(services, loginOrId, tenant);
  if (!account) {
    const where = tenant === undefined ? "" : ` in the tenant ${tenant}`;
    throw problem({ code: "NOT_FOUND", message: `There is no user ${loginOrId}${where}.${hint("user list", tenant)}` });
  }
  if (account.isShared)
    throw problem({
      code: "LOGIN_AMBIGUOUS",
      message: `Several tenants have a user ${loginOrId}; write <tenant>/${loginOrId}.`,
    });
  return account;
}

const anyAccount = async ({ system }: System, loginOrId: string): Promise<Account | undefined> =>
  (await accountOf(system, loginOrId)) ?? (await accountWithId(system, loginOrId));

async function accountIn(services: System, loginOrId: string, tenant: string): Promise<Account | undefined> {
  const { system } = services;
  const tenantId = await tenantOf(services, tenant);
  const name = await tenantNameOf(system, tenantId);
  const account = (await accountOf(system, `${name}/${loginOrId}`)) ?? (await accountWithId(system, loginOrId));
  return account?.tenantId === tenantId ? account : undefined;
}

/**
 * Returns the key of this id, of any tenant, or the key of this name in the given tenant. Of several keys with the name, returns the one that is not revoked.
 * @throws Error NOT_FOUND, or AMBIGUOUS with the ids of all keys of that name
 */
export async function keyNamed(
  services: AuthServices,
  nameOrId: string,
  tenant: string,
): Promise<{ id: string; tenantId: string }> {
  if (isUuid(nameOrId)) {
    const tenantId = await tenantOfKey(services.system, nameOrId);
    if (tenantId) return { id: nameOrId.toLowerCase(), tenantId };
  }
  const tenantId = await tenantOf(services, tenant);
  const keys = await entriesOf((page) =>
    pageIn(services, tenantId, apiKeyEntity.list, { ...page, filter: { name: [nameOrId] } }),
  );
  const valid = keys.filter(({ revokedAt }) => revokedAt === null);
  const [key, ...others] = valid.length > 0 ? valid : keys;
  if (!key)
    throw problem({
      code: "NOT_FOUND",
      message: `There is no key ${nameOrId} in the tenant ${tenant}.${hint("key list", tenant)} Keys of another tenant need --tenant <name>.`,
    });
  if (others.length === 0) return { id: key.id, tenantId };
  const users = await usersOf(services, tenantId, [key, ...others]);
  const list = [key, ...others]
    .map(({ id, userId, createdAt, expiresAt }) => {
      const lasts = expiresAt ? `expires ${expiresAt.toISOString()}` : "never expires";
      return `\n  ${id} of ${users.get(userId) ?? userId}, made ${createdAt.toISOString()}, ${lasts}`;
    })
    .join("");
  throw problem({ code: "AMBIGUOUS", message: `There are several keys ${nameOrId}; give the id of one:${list}` });
}

/** Returns the names of the users that keys belong to, by user id. */
async function usersOf(services: AuthServices, tenantId: string, keys: readonly { userId: string }[]) {
  const id = [...new Set(keys.map(({ userId }) => userId))];
  const users = await entriesOf((page) => pageIn(services, tenantId, userEntity.list, { ...page, filter: { id } }));
  return new Map(users.map((user) => [user.id, user.username]));
}

/** Returns the command that lists the existing entries of a tenant. */
export const hint = (command: string, tenant = "<name>"): string =>
  ` \`novacron ${command} --tenant ${tenant}\` lists them.`;

/** Returns a page of one of a tenant's lists. */
export async function pageIn<Row>(
  { database }: AuthServices,
  tenantId: string,
  list: List<Row>,
  args: ListArguments,
): Promise<Page<Row>> {
  const tx = database.read({ tenantId });
  try {
    return await list.page(tx, args, false);
  } finally {
    await tx.end();
  }
}

/** Returns all entries of a list, reading page by page. */
export async function entriesOf<Row>(pageOf: (args: PageArguments) => Promise<Page<Row>>): Promise<Row[]> {
  const entries: Row[] = [];
  let after: string | undefined;
  do {
    const page = await pageOf({ first: maxPageSize, after });
    entries.push(...page.edges.map(({ node }) => node));
    after = page.hasNextPage ? page.edges.at(-1)?.cursor : undefined;
  } while (after !== undefined);
  return entries;
}
