import type { Insert, RowValues } from "./values.ts";

/** The kinds of objects of this database. */
export const authKinds = ["tenant", "user", "role", "apiKey", "userSession", "authAuditEntry"] as const;

/** Inserts the rows of the auth database. */
export async function insertAuthRows(
  insert: Insert,
  { tenant, tenantId, at, name, id, oneOf }: RowValues,
): Promise<void> {
  await insert("tenants", { id: tenantId, name: `'tenant ${tenant}'`, created_at: at }, 1);
  await insert("tenant_quotas", { tenant_id: tenantId, max_vm_count: "1000" }, 1);
  await insert("users", {
    id: id("user"),
    username: name,
    email: `${name} || '@example.org'`,
    password_hash: "'secret'",
    tenant_id: tenantId,
    role: oneOf("user_role_enum", "admin", "user", "viewer"),
    created_at: at,
    updated_at: at,
  });
  await insert("roles", { id: id("role"), tenant_id: tenantId, name, created_at: at });
  await insert("user_roles", { user_id: id("user"), role_id: id("role"), tenant_id: tenantId });
  await insert("api_keys", {
    id: id("apiKey"),
    name,
    key_hash: name,
    user_id: id("user"),
    tenant_id: tenantId,
    created_at: at,
  });
  await insert("user_sessions", {
    id: id("userSession"),
    user_id: id("user"),
    tenant_id: tenantId,
    token_hash: name,
    user_agent: name,
    expires_at: "now() + interval '1 day'",
    created_at: at,
  });
  const code = { user_id: id("user"), tenant_id: tenantId, code_hash: name };
  await insert("recovery_codes", code);
  await insert("sign_in_addresses", { user_id: id("user"), tenant_id: tenantId, address_hash: name });
  await insert("connection_tickets", {
    ticket_hash: name,
    tenant_id: tenantId,
    credential_kind: "'session'",
    credential_id: id("userSession"),
    expires_at: "now() + interval '1 minute'",
  });
  await insert("password_resets", { ...code, expires_at: "now() + interval '1 hour'" });
  await insert("auth_audit_log", {
    id: id("authAuditEntry"),
    tenant_id: tenantId,
    user_id: id("user"),
    actor_name: name,
    action: "'login'",
    success: "true",
    created_at: at,
  });
}
