import { tagList } from "#lib/tags.ts";
import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  node: ({ nodeId }) => (nodeId ? { id: nodeId } : null),
  owner: ({ ownerId }) => ({ id: ownerId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  template: ({ templateId }, _args, { loaders }) => (templateId ? loaders.templateById.load(templateId) : null),
  resources: ({ resourceConfig }) => resourceConfig,
  tags: ({ tags }) => tagList(tags),
  snapshots: ({ id }, args, { loaders }, info) => loaders.snapshotsOfVm.load(id, args, info),
  networks: ({ id }, args, { loaders }, info) => loaders.networksOfVm.load(id, args, info),
  transitions: ({ id }, args, { loaders }, info) => loaders.transitionsOfVm.load(id, args, info),
};
