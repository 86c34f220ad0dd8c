import { recorder } from "../record-rows.ts";
import {
  apiKeyChanges,
  auditEntryChanges,
  quotaChanges,
  roleChanges,
  roleGrantChanges,
  sessionChanges,
  tenantChanges,
  userChanges,
} from "./changes.ts";

// None of these compares rights: their rows are the product's own, never those of a request.

export const addTenants = recorder(tenantChanges);
export const addQuotas = recorder(quotaChanges, { onConflict: ["tenantId"] });
export const addUsers = recorder(userChanges);
export const addRoles = recorder(roleChanges);
export const addRoleGrants = recorder(roleGrantChanges, { onConflict: ["userId", "roleId"] });
export const addApiKeys = recorder(apiKeyChanges);
export const addSessions = recorder(sessionChanges);
export const addAuditEntries = recorder(auditEntryChanges);
