-- What db/auth/change-history.ts declares.
SELECT "record_changes"('api_keys', 'ApiKey', ARRAY['name', 'permissions', 'scopes', 'rate_limit_per_minute', 'expires_at', 'revoked_at', 'acts_in_tenant_id']);
--> statement-breakpoint
SELECT "record_changes"('tenant_quotas', 'Tenant', ARRAY['max_vm_count', 'max_cpu_millicores', 'max_memory_mb', 'max_storage_gb', 'max_monthly_spend', 'currency'], "entity_key" => 'tenant_id', "part" => 'quota.');
--> statement-breakpoint
SELECT "record_changes"('roles', 'Role', ARRAY['name', 'description', 'permissions']);
--> statement-breakpoint
SELECT "record_changes"('tenants', 'Tenant', ARRAY['name', 'display_name', 'description', 'enabled'], "noted" => ARRAY['metadata'], "tenant" => 'id');
--> statement-breakpoint
SELECT "record_changes"('users', 'User', ARRAY['username', 'email', 'role', 'mfa_enabled', 'disabled_at', 'locked_until', 'password_changed_at'], "noted" => ARRAY['metadata']);
--> statement-breakpoint
SELECT "record_changes"('user_roles', 'User', ARRAY['role_id'], "entity_key" => 'user_id', "part" => 'roles.');
--> statement-breakpoint
SELECT "record_changes"('user_sessions', 'UserSession', ARRAY['expires_at', 'acts_in_tenant_id']);
