-- Before row-level security is forced: afterwards not even the owner may write a row of no tenant.
INSERT INTO "tenants" ("id", "name", "display_name", "description") VALUES
  ('00000000-0000-7000-8000-000000000001', 'platform', 'Platform', 'Owns nodes, clusters, the other tenants and the built-in roles.');
--> statement-breakpoint
-- Each role may do all that the one below it may. A wildcard stands only at the end.
INSERT INTO "roles" ("id", "tenant_id", "name", "description", "permissions") VALUES
  ('00000000-0000-7000-8000-000000000101', NULL, 'admin', 'May do everything in its tenant.', '["*"]'),
  ('00000000-0000-7000-8000-000000000102', NULL, 'operator', 'Runs the fleet of its tenant: VMs, providers, migrations, alerts, placement.', '[
    "alert:*", "allocation:*", "provider:*", "cluster:*", "compliance:*", "cost:*", "metric:*", "migration:*",
    "network:*", "node:*", "price:*", "role:read", "scheduling:*", "snapshot:*", "template:*", "tenant:read", "user:read", "vm:*"
  ]'),
  ('00000000-0000-7000-8000-000000000103', NULL, 'user', 'Makes and uses VMs of its tenant.', '[
    "alert:acknowledge", "alert:read", "allocation:read", "provider:read", "cluster:read", "compliance:read",
    "cost:read", "metric:read", "migration:read", "network:read", "node:read", "price:read", "role:read", "scheduling:read",
    "snapshot:create", "snapshot:delete", "snapshot:read", "template:read", "tenant:read", "user:read",
    "vm:create", "vm:delete", "vm:operate", "vm:read", "vm:update"
  ]'),
  ('00000000-0000-7000-8000-000000000104', NULL, 'viewer', 'Sees everything of its tenant and changes nothing.', '[
    "alert:read", "allocation:read", "provider:read", "cluster:read", "compliance:read", "cost:read",
    "metric:read", "migration:read", "network:read", "node:read", "price:read", "role:read", "scheduling:read", "snapshot:read",
    "template:read", "tenant:read", "user:read", "vm:read"
  ]');
