import type { Domain } from "#db/columns.ts";
import { migrateDomain } from "#db/migrate.ts";

const [url = "", domain = ""] = process.argv.slice(2);
console.log(JSON.stringify(await migrateDomain(url, domain as Domain)));
