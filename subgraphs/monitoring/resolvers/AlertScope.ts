import { tagList } from "#lib/tags.ts";
import type { AlertScopeResolvers } from "../generated/resolvers.ts";

const reference = (id: string) => ({ id });

export const AlertScope: AlertScopeResolvers = {
  tags: (scope) => ("tags" in scope ? tagList(scope.tags) : null),
  vms: (scope) => ("vmIds" in scope ? scope.vmIds.map(reference) : null),
  nodes: (scope) => ("nodeIds" in scope ? scope.nodeIds.map(reference) : null),
};
