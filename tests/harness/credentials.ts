import { readFileSync } from "node:fs";
import { join } from "node:path";
import { userChanges } from "#db/auth/changes.ts";
import { users } from "#db/auth/schema/users.ts";
import type { PermittedRights } from "#db/auth/permitted.ts";
import { insertApiKey } from "#db/auth/api-key-writes.ts";
import type { Database } from "#db/client.ts";
import { upsert } from "#db/upsert.ts";
import { apiKeyHash, newApiKey } from "#lib/trust/credentials.ts";
import { newId } from "#lib/uuid.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";

export const testPepper = "a pepper that only tests know of, 32 or more";
export const testKeyEnvironment = "dev";
export const testEncryptionKeys = [{ id: "test", secret: "a key that only tests know of, 32 or more" }] as const;

export interface KeyOptions {
  tenantId: string;
  userId: string;
  scopes?: readonly string[];
  rateLimitPerMinute?: number;
  expiresAt?: Date;
  /** For users of the platform: the tenant in which they act with the key. */
  actsInTenantId?: string;
}

/** Creates an API key of a product with the tests' pepper. */
export async function makeApiKey(auth: Database, options: KeyOptions): Promise<{ id: string; key: string }> {
  const { tenantId, userId, scopes = ["*"], rateLimitPerMinute = 100_000, expiresAt = null } = options;
  const { actsInTenantId = null } = options;
  const id = newId();
  const key = newApiKey(testKeyEnvironment, id);
  await auth.write({ tenantId, actor: "command:test" }, (tx) =>
    insertApiKey(tx, {
      id,
      name: "of a test",
      keyHash: apiKeyHash(testPepper, key),
      userId,
      scopes: scopes as PermittedRights,
      rateLimitPerMinute,
      expiresAt,
      actsInTenantId,
    }),
  );
  return { id, key };
}

/** Returns the API key of the first administrator, as `start` stores it. */
export const administratorKey = (dataDir: string): string =>
  (JSON.parse(readFileSync(join(dataDir, "admin.json"), "utf8")) as { apiKey: string }).apiKey;

const hasher = new PasswordHasher();
/** The hash of each password that a test's users have; a hash takes some 20 ms of a processor. */
const hashes = new Map<string, Promise<string>>();

function hashOf(password: string): Promise<string> {
  const hash = hashes.get(password) ?? hasher.hash(password);
  hashes.set(password, hash);
  return hash;
}

export interface UserOptions {
  tenantId: string;
  role?: "admin" | "operator" | "user" | "viewer";
  password?: string;
}

export interface TestUser {
  id: string;
  tenantId: string;
  username: string;
  email: string;
  password: string;
}

/** Creates a user who can sign in. The tenant must exist. */
export async function makeUser(auth: Database, options: UserOptions): Promise<TestUser> {
  const { tenantId, role = "user", password = "correct horse battery staple" } = options;
  const id = newId();
  const username = `user-${id.slice(-12)}`;
  const email = `${username}@example.org`;
  const passwordHash = await hashOf(password);
  await auth.write({ tenantId, actor: "command:test" }, (tx) =>
    upsert(tx, users, [{ id, tenantId, username, email, role, passwordHash }], {
      onConflict: ["id"],
      update: "none",
      emits: userChanges,
    }),
  );
  return { id, tenantId, username, email, password };
}
