import { sql } from "drizzle-orm";
import { contains, during, hasTags, is, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { type VmTemplateRow, vmTemplates } from "./schema/vm-templates.ts";

const source = {
  table: vmTemplates,
  visible: sql`(${ofTenant(vmTemplates.tenantId)} or ${vmTemplates.isPublic})`,
};

export const vmTemplateById = lookup<VmTemplateRow>(source);

export const vmTemplateList = defineList<VmTemplateRow>({
  ...source,
  filters: {
    owner: oneOf(vmTemplates.ownerId),
    name: oneOf(vmTemplates.name),
    isPublic: is(vmTemplates.isPublic),
    tags: hasTags(vmTemplates.tags),
    createdAt: during(vmTemplates.createdAt),
    text: contains(vmTemplates.name, vmTemplates.description),
  },
  orders: { CREATED_AT: vmTemplates.createdAt, NAME: vmTemplates.name },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});

export const vmTemplatesOfOwner = vmTemplateList.under(by(vmTemplates.ownerId));
export const vmTemplatesOfTenant = vmTemplateList.under(by(vmTemplates.tenantId));
