// Writes changes of a VM and their events, one transaction after the other, until it is killed. Arguments: the URL of the vms database, the tenant's id, the
// VM's id, and a number of changes. After that many changes it stops inside the next one, with its event appended but not committed. Prints the number of
// each change when its commit is acknowledged, and "inside" where it stops.
import { setImmediate } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "#db/changes.ts";
import { openDatabase } from "#db/client.ts";
import { append } from "#db/event-log/append.ts";
import { statement } from "#db/statement.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { vms } from "#db/vms/schema/vms.ts";

const [url = "", tenantId = "", vmId = "", commits = "Infinity"] = process.argv.slice(2);
const count = statement<ChangedRow>(
  () => sql`
    update ${vms} set version = version + 1, name = id || ' at ' || (version + 1)
    where id = ${sql.placeholder("id")}::uuid returning ${changeColumns(vmChanges)}`,
);

const nothing = statement<unknown>(() => sql`select 1`);

const database = await openDatabase({ domain: "vms", url, maxConnections: 1 });
for (let committed = 0; ; committed += 1) {
  const version = await database.write({ tenantId, actor: "job:test" }, async (tx) => {
    const rows = await tx.run(count, { id: vmId });
    // It may be killed here, between the change and its event, and after the append, between the event and the commit.
    await setImmediate();
    await append(tx, changeEvents(vmChanges, rows, "updated"));
    if (committed === Number(commits)) {
      // Appending does not wait for a result; the server answers this statement after it.
      await tx.run(nothing);
      process.stdout.write("inside\n");
      await new Promise(() => undefined);
    }
    await setImmediate();
    return rows[0]?.__version;
  });
  process.stdout.write(`${version}\n`);
}
