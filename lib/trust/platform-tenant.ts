/**
 * The tenant that owns nodes, clusters, the other tenants and the built-in roles. Only its administrators and operators
 * change those or see across tenants. Its row is inserted by the auth migrations, so the id is the same everywhere.
 */
export const platformTenantId = "00000000-0000-7000-8000-000000000001";
