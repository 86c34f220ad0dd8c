import { tagList } from "#lib/tags.ts";
import type { VmTemplateResolvers } from "../generated/resolvers.ts";

export const VmTemplate: VmTemplateResolvers = {
  owner: ({ ownerId }) => ({ id: ownerId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  resources: ({ resourceConfig }) => resourceConfig,
  tags: ({ tags }) => tagList(tags),
  vms: ({ id }, args, { loaders }, info) => loaders.vmsOfTemplate.load(id, args, info),
};
