import type { StepProgressResolvers } from "../generated/resolvers.ts";

export const StepProgress: StepProgressResolvers = {
  number: ({ stepNumber }) => stepNumber,
  name: ({ stepName }) => stepName,
};
