import { type PublicUserRow, userEntity } from "#db/auth/users.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type AuthServices, homeOf } from "../services.ts";

/** Resolves with the caller's user row, for a caller who acts in another tenant: the transaction of the request does not see that row. */
export async function ownUser(
  { database }: AuthServices,
  { identity, deadline }: RequestContext,
): Promise<PublicUserRow | null> {
  const tx = database.read({ tenantId: homeOf(identity), deadline });
  try {
    return (await userEntity.byId(tx, [identity.id]))[0] ?? null;
  } finally {
    await tx.end();
  }
}
