import { actableTenants } from "#db/auth/credentials.ts";
import type { AuthServices } from "../services.ts";

/** The tenants that a user of the platform may act in; null for all others. */
export const actableTenantsOf = ({ system }: AuthServices, userId: string) => actableTenants(system, userId);
