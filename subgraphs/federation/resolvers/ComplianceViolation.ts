import type { ComplianceViolationResolvers } from "../generated/resolvers.ts";

export const ComplianceViolation: ComplianceViolationResolvers = {
  type: ({ violationType }) => violationType,
};
