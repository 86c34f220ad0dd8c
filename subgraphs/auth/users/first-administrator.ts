import { insertApiKey } from "#db/auth/api-key-writes.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { addUsers } from "#db/auth/record-writes.ts";
import type { Database } from "#db/client.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { rightsOfTheInstallation } from "../credentials/escalation.ts";
import { PasswordHasher } from "../passwords/password-hasher.ts";

export interface FirstAdministrator {
  email: string;
  password: string;
  /** The key's id, and the hash of its text. */
  key: { id: string; hash: string };
  /** The tenant that the key acts in. */
  actsInTenantId: string;
}

/**
 * Creates the first administrator of the platform tenant, with an API key for all rights. Of two calls at once, one creates them.
 * @param actor the actor of the change, such as `command:start`
 */
export async function createFirstAdministrator(
  database: Database,
  actor: string,
  { email, password, key, actsInTenantId }: FirstAdministrator,
): Promise<void> {
  const id = newId();
  const passwordHash = await new PasswordHasher().hash(password);
  const administrator = { id, username: "admin", email, passwordHash, role: "admin" as const };
  await database.write({ tenantId: platformTenantId, actor }, async (tx) => {
    // The other call has created them: the username and the address are unique.
    if ((await addUsers(tx, [administrator])) === 0) return;
    await insertApiKey(tx, {
      id: key.id,
      name: "first administrator",
      keyHash: key.hash,
      userId: id,
      scopes: rightsOfTheInstallation,
      rateLimitPerMinute: 100_000,
      expiresAt: null,
      actsInTenantId: actsInTenantId === platformTenantId ? null : actsInTenantId,
    });
    await recordAudit(tx, {
      action: "user.create",
      success: true,
      userId: null,
      actorName: actor.replace(/^command:/, ""),
      metadata: { userId: id, role: administrator.role },
    });
  });
}
