import { actableTenants } from "#db/auth/credentials.ts";
import type { AuthServices } from "../services.ts";

/** Resolves with the tenants that a user of the platform tenant may act in; null for all other users. */
export const actableTenantsOf = ({ system }: AuthServices, userId: string) => actableTenants(system, userId);
