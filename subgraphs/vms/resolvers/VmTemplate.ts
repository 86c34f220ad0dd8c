import type { RequestContext } from "#lib/trust/request-context.ts";
import { tagList } from "#lib/tags.ts";
import type { VmTemplateResolvers } from "../generated/resolvers.ts";

const isOwn = (tenantId: string, { identity }: RequestContext): boolean => tenantId === identity.tenantId;

export const VmTemplate: VmTemplateResolvers = {
  // A public template of another tenant reveals neither its owner nor its tenant, not even an id.
  owner: ({ ownerId, tenantId }, _args, { request }) => (isOwn(tenantId, request) ? { id: ownerId } : null),
  tenant: ({ tenantId }, _args, { request }) => (isOwn(tenantId, request) ? { id: tenantId } : null),
  networkConfig: ({ networkTemplate }) => networkTemplate,
  storageConfig: ({ storageTemplate }) => storageTemplate,
  securityConfig: ({ securityTemplate }) => securityTemplate,
  resources: ({ resourceConfig }) => resourceConfig,
  tags: ({ tags }) => tagList(tags),
};
