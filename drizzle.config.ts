import { defineConfig } from "drizzle-kit";

/** `NOVACRON_DOMAIN=vms npx drizzle-kit generate --name add_operations` writes the next migration of one domain. */
const domain = process.env["NOVACRON_DOMAIN"];
if (domain === undefined)
  throw new Error("NOVACRON_DOMAIN names the domain: auth, vms, monitoring, federation or scheduler");

export default defineConfig({
  dialect: "postgresql",
  schema: `./db/${domain}/schema/index.ts`,
  out: `./db/${domain}/migrations`,
});
