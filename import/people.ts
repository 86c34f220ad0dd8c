import {
  apiKeyChanges,
  auditEntryChanges,
  quotaChanges,
  roleChanges,
  roleGrantChanges,
  sessionChanges,
  tenantChanges,
  userChanges,
} from "#db/auth/changes.ts";
import { createHash } from "node:crypto";
import type { Database } from "#db/client.ts";
import { noHash } from "#db/auth/credentials.ts";
import { apiKeys } from "#db/auth/schema/api-keys.ts";
import { authAuditLog } from "#db/auth/schema/auth-audit-log.ts";
import { roles } from "#db/auth/schema/roles.ts";
import { tenantQuotas } from "#db/auth/schema/tenant-quotas.ts";
import { tenants } from "#db/auth/schema/tenants.ts";
import { userRoles } from "#db/auth/schema/user-roles.ts";
import { userSessions } from "#db/auth/schema/user-sessions.ts";
import { users } from "#db/auth/schema/users.ts";
import { upsert } from "#db/upsert.ts";
import { demoTenantId, demoUserId } from "#lib/trust/demo-tenant.ts";
import { importedId } from "#lib/uuid.ts";
import type { Tenant } from "#subgraphs/auth/tenants/default-tenant.ts";

const people = [
  { given: "Mira", family: "Holm", role: "admin" },
  { given: "Tomas", family: "Berg", role: "operator" },
  { given: "Lena", family: "Park", role: "user" },
  { given: "Omar", family: "Reis", role: "user" },
  { given: "Nils", family: "Voss", role: "viewer" },
] as const;

const generated = { origin: "generated" } as const;
const hour = 3_600_000;

export const userIds = (tenantId: string): string[] =>
  people.map(({ given }, at) =>
    tenantId === demoTenantId && at === 0 ? demoUserId : importedId("generated", tenantId, "user", given),
  );

/** Returns a user who may own VMs: one whose role allows creating them. */
export const ownerOf = (tenantId: string, at: number): string => userIds(tenantId)[at % 4] as string;

/**
 * Writes the tenant with five generated users, their other rows, and a quota. No user can log in as one of them: their password hash is no hash. Existing rows
 * stay unchanged.
 * @returns the ids of the users
 */
export async function ensurePeople(auth: Database, tenant: Tenant, now: Date): Promise<string[]> {
  const tenantId = tenant.id;
  const ids = userIds(tenantId);
  const ago = (hours: number) => new Date(now.getTime() - hours * hour);
  const id = (kind: string, name: string | number) => importedId("generated", tenantId, kind, name);
  const digest = (text: string) => createHash("sha256").update(`${tenantId}/${text}`).digest("hex");
  const none = { onConflict: ["id"], update: "none" } as const;

  await auth.write({ tenantId }, async (tx) => {
    const displayName = tenant.name.charAt(0).toUpperCase() + tenant.name.slice(1);
    await upsert(tx, tenants, [{ id: tenantId, name: tenant.name, displayName, metadata: generated }], {
      ...none,
      emits: tenantChanges,
    });
    await upsert(
      tx,
      tenantQuotas,
      [
        {
          tenantId,
          maxVmCount: 5_000,
          maxCpuMillicores: 20_000_000,
          maxMemoryMb: 80_000_000,
          maxStorageGb: 2_000_000,
          maxMonthlySpend: "250000",
        },
      ],
      { onConflict: ["tenantId"], update: "none", emits: quotaChanges },
    );
    await upsert(
      tx,
      users,
      people.map(({ given, family, role }, at) => ({
        id: ids[at] as string,
        username: `${given.toLowerCase()}.${tenant.name}`,
        email: `${given.toLowerCase()}.${family.toLowerCase()}@${tenant.name}.example`,
        passwordHash: noHash,
        role,
        tenantId,
        lastLogin: ago(at * 7 + 1),
        createdAt: ago(24 * (90 - at)),
        metadata: { ...generated, name: `${given} ${family}` },
      })),
      { ...none, emits: userChanges },
    );
    const auditor = id("role", "auditor");
    await upsert(
      tx,
      roles,
      [
        {
          id: auditor,
          tenantId,
          name: "auditor",
          description: "Reads compliance and the audit log.",
          permissions: ["compliance:read", "audit:read"],
        },
      ],
      { ...none, emits: roleChanges },
    );
    await upsert(
      tx,
      userRoles,
      [{ userId: ids[1] as string, roleId: auditor, tenantId, grantedBy: ids[0] as string, grantedAt: ago(24 * 30) }],
      { onConflict: ["userId", "roleId"], update: "none", emits: roleGrantChanges },
    );
    await upsert(
      tx,
      apiKeys,
      [
        {
          id: id("api-key", "agent"),
          name: "metrics agent",
          keyHash: `${noHash}${tenantId}/agent`,
          userId: ids[1] as string,
          tenantId,
          permissions: ["metric:write"],
          scopes: ["metric:write"],
          createdAt: ago(24 * 60),
          lastUsedAt: ago(0.01),
        },
      ],
      { ...none, emits: apiKeyChanges },
    );
    await upsert(
      tx,
      userSessions,
      ids.slice(0, 3).map((userId, at) => ({
        id: id("session", at),
        userId,
        tenantId,
        tokenHash: digest(`session ${at}`),
        ipAddress: `192.0.2.${10 + at}`,
        userAgent: "Mozilla/5.0 (generated)",
        createdAt: ago(at * 7 + 1),
        expiresAt: new Date(now.getTime() + 24 * hour),
      })),
      { ...none, emits: sessionChanges },
    );
    await upsert(
      tx,
      authAuditLog,
      ids.flatMap((userId, at) => [
        {
          id: id("audit", `login ${at}`),
          tenantId,
          userId,
          actorName: `${people[at]?.given.toLowerCase()}.${tenant.name}`,
          action: "auth.login",
          ipAddress: `192.0.2.${10 + at}`,
          success: at !== 4,
          ...(at === 4 ? { errorMessage: "wrong password" } : {}),
          metadata: generated,
          createdAt: ago(at * 7 + 1),
        },
      ]),
      { ...none, emits: auditEntryChanges },
    );
  });
  return ids;
}
