import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { z } from "zod";
import { hasUsers, tenantNameOf } from "#db/auth/credentials.ts";
import type { Database } from "#db/client.ts";
import { makeDataDir } from "#db/embedded/data-folder.ts";
import { apiKeyHash, apiKeyId, newApiKey } from "#lib/trust/credentials.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { addFile, replaceFile } from "#lib/files/whole-file.ts";
import { createFirstAdministrator } from "#subgraphs/auth/users/first-administrator.ts";
import { defaultTenantName, ensureTenant, findDefaultTenant } from "#subgraphs/auth/tenants/default-tenant.ts";
import type { KeyEnvironment } from "./installation-kind.ts";
import { administratorFile, type administratorShape, readAdministrator } from "./administrator-file.ts";

export interface AdministratorOptions {
  dataDir: string;
  auth: Database;
  system: Database;
  pepper: string;
  /** The part of an API key that names the kind of this installation. */
  keyEnvironment: KeyEnvironment;
}

type Administrator = z.infer<typeof administratorShape>;

/**
 * Creates the first administrator of the platform tenant, with an API key, when that tenant has no user yet. Stores password and key in `admin.json`, readable
 * only by the owner of the data folder. The file is written first: the next start completes a start that ended in between. The key acts in the demo tenant
 * where there is one. Otherwise it acts in a tenant of its own, which is created: the tenant of imports that name none.
 * @returns what to show the person who starts the product
 */
export async function ensureAdministrator(first: AdministratorOptions): Promise<string[]> {
  const path = administratorFile(first.dataDir);
  if (await hasUsers(first.system, platformTenantId)) return existsSync(path) ? keyProblems(first, path) : [];
  const left = existsSync(path) ? readAdministrator(path) : undefined;
  if (!left || !(await isUsable(first, left))) {
    const { id } =
      (await findDefaultTenant(first.system)) ??
      (await ensureTenant(first.auth, first.system, defaultTenantName, "start"));
    const made: Administrator = {
      email: left?.email ?? "admin@novacron.local",
      password: left?.password ?? randomBytes(18).toString("base64url"),
      apiKey: newApiKey(first.keyEnvironment, newId()),
      tenantId: id,
    };
    const text = `${JSON.stringify(made, null, 2)}\n`;
    makeDataDir(first.dataDir);
    // Of two first starts at once, one adds the file, and both use it.
    if (left) replaceFile(path, text);
    else addFile(path, text);
  }
  await insert(first, readAdministrator(path));
  return [`the first administrator's password and API key are in ${path}`];
}

/**
 * Returns whether a file of an earlier start can be used. A file whose databases are gone may be of another kind of installation, or of a tenant that is gone
 * with them.
 */
const isUsable = async ({ keyEnvironment, system }: AdministratorOptions, file: Administrator): Promise<boolean> =>
  apiKeyId(keyEnvironment, file.apiKey) !== undefined && (await tenantNameOf(system, file.tenantId)) !== undefined;

const installations = { dev: "development", prod: "production" } as const;

/** A key is valid only in the kind of installation that it was made for, so that a development key never opens production. */
async function keyProblems({ keyEnvironment, dataDir, system }: AdministratorOptions, path: string): Promise<string[]> {
  const { apiKey, tenantId } = readAdministrator(path);
  if (apiKeyId(keyEnvironment, apiKey)) return [];
  const [here, made] = [installations[keyEnvironment], keyEnvironment === "dev" ? "production" : "development"];
  const tenant =
    tenantId === platformTenantId ? "" : ` --acts-in ${(await tenantNameOf(system, tenantId)) ?? tenantId}`;
  return [
    `the API key in ${path} was made for ${made} and is not valid in ${here}; the password is. Make a key with: NOVACRON_ENV=${here} novacron key create admin --name ${here} --scopes '*'${tenant} --data-dir ${dataDir}`,
  ];
}

async function insert(first: AdministratorOptions, file: Administrator): Promise<void> {
  const { auth, pepper, keyEnvironment } = first;
  const { email, password, apiKey, tenantId } = file;
  const id = apiKeyId(keyEnvironment, apiKey);
  if (!id) throw new Error(`The key in ${administratorFile(first.dataDir)} is not one of this installation.`);
  const key = { id, hash: apiKeyHash(pepper, apiKey) };
  await createFirstAdministrator(auth, "command:start", { email, password, key, actsInTenantId: tenantId });
}
