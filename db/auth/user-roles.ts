import { sql } from "drizzle-orm";
import type { Lookup } from "../lookup.ts";
import { selectList, visibleTo } from "../rows.ts";
import { statement } from "../statement.ts";
import { type UserRoleRow, userRoles } from "./schema/user-roles.ts";

/** Far more than any user has. The list is capped so that no request can grow because of a mistake. */
const maxGrants = 100;

const source = { table: userRoles };

const grantsByUser = statement<UserRoleRow>(
  () => sql`select grants.* from unnest(${sql.placeholder("users")}::uuid[]) as parent(key)
    cross join lateral (
      select ${selectList(source)} from ${userRoles}
      where ${userRoles.userId} = parent.key and ${visibleTo(source)}
      order by ${userRoles.grantedAt} desc, ${userRoles.roleId} desc limit ${maxGrants}
    ) grants
    order by grants."userId", grants."grantedAt" desc, grants."roleId" desc`,
);

/** Returns the roles granted to each user, latest first and at most 100; empty for a user who has none. A grant has no id, so it is in no list with cursors. */
export const roleGrantsOfUser: Lookup<UserRoleRow[]> = async (tx, users) => {
  const rows = await tx.run(grantsByUser, { users, tenantId: tx.tenantId });
  const grants = new Map<string, UserRoleRow[]>(users.map((user) => [user, []]));
  for (const row of rows) grants.get(row.userId)?.push(row);
  return users.map((user) => grants.get(user) ?? []);
};
