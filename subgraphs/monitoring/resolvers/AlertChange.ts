import type { AlertChangeResolvers } from "../generated/resolvers.ts";

export const AlertChange: AlertChangeResolvers = {
  alert: ({ alertId }, _args, { loaders }) => loaders.Alert.load(alertId),
};
