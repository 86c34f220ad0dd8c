/** The tenant of the demo fleet, and of imports that name no other. */
export const demoTenantId = "00000000-0000-7000-8000-00000000d300";
export const demoTenantName = "demo";

/** The demo tenant's first user: whom the gateway takes every caller for until it can tell callers apart. */
export const demoUserId = "00000000-0000-7000-8000-00000000d301";
