import { demoTenantId, demoUserId } from "#lib/trust/demo-tenant.ts";
import { importedId } from "#lib/uuid.ts";
import type { Database } from "#db/client.ts";
import type { Tenant } from "#subgraphs/auth/tenants/default-tenant.ts";
import { recordPeople } from "#subgraphs/auth/users/record-people.ts";

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
 * Writes the tenant with five generated users, their other rows, and a quota. No user can sign in as one of them. Existing rows stay unchanged.
 * @returns the ids of the users
 */
export async function ensurePeople(auth: Database, tenant: Tenant, now: Date): Promise<string[]> {
  const tenantId = tenant.id;
  const ids = userIds(tenantId);
  const ago = (hours: number) => new Date(now.getTime() - hours * hour);
  const id = (kind: string, name: string | number) => importedId("generated", tenantId, kind, name);
  const [first, second] = ids as [string, string];
  const auditor = id("role", "auditor");
  await recordPeople(
    auth,
    { tenantId },
    {
      tenant: {
        name: tenant.name,
        displayName: tenant.name.charAt(0).toUpperCase() + tenant.name.slice(1),
        metadata: generated,
      },
      quota: {
        maxVmCount: 5_000,
        maxCpuMillicores: 20_000_000,
        maxMemoryMb: 80_000_000,
        maxStorageGb: 2_000_000,
        maxMonthlySpend: "250000",
      },
      users: people.map(({ given, family, role }, at) => ({
        id: ids[at] as string,
        username: `${given.toLowerCase()}.${tenant.name}`,
        email: `${given.toLowerCase()}.${family.toLowerCase()}@${tenant.name}.example`,
        role,
        lastLogin: ago(at * 7 + 1),
        createdAt: ago(24 * (90 - at)),
        metadata: { ...generated, name: `${given} ${family}` },
      })),
      roles: [
        {
          id: auditor,
          name: "auditor",
          description: "Reads compliance and the audit log.",
          permissions: ["compliance:read", "audit:read"],
        },
      ],
      grants: [{ userId: second, roleId: auditor, grantedBy: first, grantedAt: ago(24 * 30) }],
      apiKeys: [
        {
          id: id("api-key", "agent"),
          name: "metrics agent",
          userId: second,
          permissions: ["metric:write"],
          scopes: ["metric:write"],
          createdAt: ago(24 * 60),
          lastUsedAt: ago(0.01),
        },
      ],
      sessions: ids.slice(0, 3).map((userId, at) => ({
        id: id("session", at),
        userId,
        ipAddress: `192.0.2.${10 + at}`,
        userAgent: "Mozilla/5.0 (generated)",
        createdAt: ago(at * 7 + 1),
        expiresAt: new Date(now.getTime() + 24 * hour),
      })),
      auditEntries: people.map(({ given }, at) => ({
        id: id("audit", `login ${at}`),
        userId: ids[at] as string,
        actorName: `${given.toLowerCase()}.${tenant.name}`,
        action: "auth.login",
        ipAddress: `192.0.2.${10 + at}`,
        success: at !== 4,
        ...(at === 4 ? { errorMessage: "wrong password" } : {}),
        metadata: generated,
        createdAt: ago(at * 7 + 1),
      })),
    },
  );
  return ids;
}
