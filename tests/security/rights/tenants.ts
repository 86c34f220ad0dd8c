import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf } from "#tests/graph/rows.ts";

/** The tenants of the tests of rights. */
export const tenants = { ours: fleetOf(1).tenantId, theirs: fleetOf(2).tenantId, platform: platformTenantId };
