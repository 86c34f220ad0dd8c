import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { z } from "zod";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { insertApiKey } from "#db/auth/api-key-writes.ts";
import { userChanges } from "#db/auth/changes.ts";
import { hasUsers } from "#db/auth/credentials.ts";
import { users } from "#db/auth/schema/users.ts";
import type { Database } from "#db/client.ts";
import { upsert } from "#db/upsert.ts";
import { apiKeyHash, apiKeyId, newApiKey } from "#lib/credentials.ts";
import { platformTenantId } from "#lib/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { rightsOfTheInstallation } from "#subgraphs/auth/credentials/escalation.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";
import { administratorFile, administratorShape } from "./administrator-file.ts";

export interface FirstAdministrator {
  dataDir: string;
  auth: Database;
  system: Database;
  pepper: string;
  /** The word in API keys of this installation. */
  keyEnvironment: string;
  /** The tenant that the API key acts in. */
  tenantId: string;
}

/**
 * Where the platform tenant has no user yet, makes its first administrator with an API key, and leaves password and key in `admin.json`, for
 * the owner of the data folder only. The file comes first: a start that ended in between is finished by the next one.
 * @returns whether there is a new administrator
 */
export async function ensureAdministrator(first: FirstAdministrator): Promise<boolean> {
  if (await hasUsers(first.system, platformTenantId)) return false;
  const path = administratorFile(first.dataDir);
  if (!existsSync(path)) {
    const made: z.infer<typeof administratorShape> = {
      email: "admin@novacron.local",
      password: randomBytes(18).toString("base64url"),
      apiKey: newApiKey(first.keyEnvironment, newId()),
      tenantId: first.tenantId,
    };
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  }
  await insert(first, administratorShape.parse(JSON.parse(readFileSync(path, "utf8"))));
  return true;
}

async function insert(first: FirstAdministrator, file: z.infer<typeof administratorShape>): Promise<void> {
  const { auth, pepper, keyEnvironment } = first;
  const keyId = apiKeyId(keyEnvironment, file.apiKey);
  if (!keyId) throw new Error(`The key in ${administratorFile(first.dataDir)} is not one of this installation.`);
  const id = newId();
  const passwordHash = await new PasswordHasher().hash(file.password);
  await auth.write({ tenantId: platformTenantId, actor: "command:start" }, async (tx) => {
    const row = { id, username: "admin", email: file.email, passwordHash, role: "admin" as const };
    const written = await upsert(tx, users, [{ ...row, tenantId: platformTenantId }], {
      onConflict: ["id"],
      update: "none",
      emits: userChanges,
    });
    // Two first starts at once: the other one has made him.
    if (written === 0) return;
    await insertApiKey(tx, {
      id: keyId,
      name: "first administrator",
      keyHash: apiKeyHash(pepper, file.apiKey),
      userId: id,
      scopes: rightsOfTheInstallation,
      rateLimitPerMinute: 100_000,
      expiresAt: null,
      actsInTenantId: file.tenantId === platformTenantId ? null : file.tenantId,
    });
    await recordAudit(tx, {
      action: "user.create",
      success: true,
      userId: null,
      actorName: "start",
      metadata: { userId: id, role: "admin" },
    });
  });
}
