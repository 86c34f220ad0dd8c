/** The tenant of the demo fleet, and of imports that name no other. */
export const demoTenantId = "00000000-0000-7000-8000-00000000d300";
export const demoTenantName = "demo";

/** The id of the demo tenant's first user, which an import assigns. */
export const demoUserId = "00000000-0000-7000-8000-00000000d301";
