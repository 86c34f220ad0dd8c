import { defineConfig } from "drizzle-kit";

/** The domain whose next migration `npm run migration` writes; `common` for the tables that every database has. */
const domain = process.env["NOVACRON_DOMAIN"];
if (domain === undefined)
  throw new Error("NOVACRON_DOMAIN names the domain: auth, vms, monitoring, federation, scheduler or common");

export default defineConfig({
  dialect: "postgresql",
  schema: domain === "common" ? "./db/common/schema.ts" : `./db/${domain}/schema/*.ts`,
  out: `./db/${domain}/migrations`,
});
