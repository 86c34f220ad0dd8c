import { isVmMetric } from "#db/monitoring/top-vms.ts";
import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { maxPageSize } from "#lib/graphql/pagination.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

const defaultCount = 10;
/** About a century. PostgreSQL cannot represent a time that lies the longest possible duration in the past. */
const maxAgeSeconds = 3e9;

export const topVms: QueryResolvers["topVms"] = (_root, { by, first, maxAge, filter }, { loaders }) => {
  // The value of the enum is the property of the metric, which the generated type does not know.
  const metric: string = by;
  if (!isVmMetric(metric)) throw new InvalidArgument("by", "is a metric of nodes, not of VMs.");
  const count = first ?? defaultCount;
  if (count < 0 || count > maxPageSize) throw new InvalidArgument("first", `is not from 0 to ${maxPageSize}.`);
  const seconds = maxAge == null ? null : durationSeconds(maxAge);
  if (seconds === undefined) throw new InvalidArgument("maxAge", "holds years or months.");
  return loaders.topVms({
    by: metric,
    first: count,
    maxAgeSeconds: seconds && Math.min(seconds, maxAgeSeconds),
    filter,
  });
};
