import { accountOf, tenantNamed } from "#db/auth/credentials.ts";
import type { List, ListArguments } from "#db/list.ts";
import { maxPageSize, type Page, type PageArguments } from "#lib/pagination.ts";
import type { AuthServices } from "#subgraphs/auth/services.ts";
import { problem } from "./problem.ts";

/** @throws Error TENANT_UNKNOWN */
export async function tenantOf({ system }: AuthServices, name: string): Promise<string> {
  const id = await tenantNamed(system, name);
  if (!id) throw problem({ code: "TENANT_UNKNOWN", message: `There is no tenant ${name}.` });
  return id;
}

/** @throws Error NOT_FOUND, LOGIN_AMBIGUOUS */
export async function accountNamed({ system }: AuthServices, login: string) {
  const account = await accountOf(system, login);
  if (!account) throw problem({ code: "NOT_FOUND", message: `There is no user ${login}.` });
  if (account.isShared)
    throw problem({
      code: "LOGIN_AMBIGUOUS",
      message: `Several tenants have a user ${login}; write <tenant>/${login}.`,
    });
  return account;
}

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
