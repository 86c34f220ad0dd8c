import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { type VmTemplateRow, vmTemplates } from "./schema/vm-templates.ts";

const find = statement<VmTemplateRow>(
  () => sql`
    select ${selectList({ table: vmTemplates })} from ${vmTemplates}
    where ${vmTemplates.id} = ${sql.placeholder("id")}::uuid and (${ofTenant(vmTemplates.tenantId)} or ${vmTemplates.isPublic})`,
);

/** Returns a template that VMs of the tenant can be created from: its own, or a public one. */
export const templateFor = async (tx: Tx, id: string): Promise<VmTemplateRow | undefined> =>
  (await tx.run(find, { id, tenantId: tx.tenantId }))[0];
