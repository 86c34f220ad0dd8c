import { found, validId } from "#lib/arguments.ts";
import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { rotateApiKey as rotate } from "../../api-keys/api-keys.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

const longestOverlapSeconds = 30 * 86_400;

export const rotateApiKey: MutationResolvers["rotateApiKey"] = async (_root, { input }, context) => {
  const overlap = input.overlap ?? "P1D";
  const seconds = durationSeconds(overlap);
  if (seconds === undefined || seconds < 0 || seconds > longestOverlapSeconds)
    throw new InvalidArgument("input.overlap", "is not a duration of at most P30D.");
  const rotated = await rotate(context.services, context.request, validId(input.id, "input.id"), overlap);
  context.written();
  return { ...found(rotated ?? null, "API key"), userErrors: [] };
};
