import { apiKeyList } from "#db/auth/api-keys.ts";
import { accountOf, accountWithId, tenantNamed, tenantOfKey, tenantWithId } from "#db/auth/credentials.ts";
import type { List, ListArguments } from "#db/list.ts";
import { maxPageSize, type Page, type PageArguments } from "#lib/pagination.ts";
import { isUuid } from "#lib/uuid.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { problem } from "./problem.ts";

type System = Pick<AuthServices, "system">;

/**
 * The tenant of this name or id.
 * @throws Error TENANT_UNKNOWN
 */
export async function tenantOf({ system }: System, nameOrId: string): Promise<string> {
  const id = (await tenantNamed(system, nameOrId)) ?? (await tenantWithId(system, nameOrId));
  if (!id) throw problem({ code: "TENANT_UNKNOWN", message: `There is no tenant ${nameOrId}.${hint("tenant list")}` });
  return id;
}

/**
 * The user of this e-mail address, username or id.
 * @throws Error NOT_FOUND, LOGIN_AMBIGUOUS
 */
export async function accountNamed({ system }: System, loginOrId: string) {
  const account = (await accountOf(system, loginOrId)) ?? (await accountWithId(system, loginOrId));
  if (!account) throw problem({ code: "NOT_FOUND", message: `There is no user ${loginOrId}.${hint("user list")}` });
  if (account.isShared)
    throw problem({
      code: "LOGIN_AMBIGUOUS",
      message: `Several tenants have a user ${loginOrId}; write <tenant>/${loginOrId}.`,
    });
  return account;
}

/**
 * The key of this id, of any tenant, or the one of this name in the given tenant; of several, the one that is not revoked.
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
    pageIn(services, tenantId, apiKeyList, { ...page, filter: { name: [nameOrId] } }),
  );
  const valid = keys.filter(({ revokedAt }) => revokedAt === null);
  const [key, ...others] = valid.length > 0 ? valid : keys;
  if (!key)
    throw problem({
      code: "NOT_FOUND",
      message: `There is no key ${nameOrId} in the tenant ${tenant}.${hint("key list")}`,
    });
  if (others.length === 0) return { id: key.id, tenantId };
  const list = [key, ...others].map(({ id, userId }) => `\n  ${id} of the user ${userId}`).join("");
  throw problem({ code: "AMBIGUOUS", message: `There are several keys ${nameOrId}; give the id of one:${list}` });
}

const hint = (command: string): string => ` \`novacron ${command}\` lists them.`;

/** A page of one of a tenant's lists. */
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

/** All of a list, page by page. */
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
