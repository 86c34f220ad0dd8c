import { oneOf } from "../filters.ts";
import { conditionsIn, rowFilter } from "../row-filter.ts";
import { systemMetricsLatest } from "./schema/system-metrics-latest.ts";

const filters = { node: oneOf(systemMetricsLatest.nodeId) };

/** Decides about the newest sample of a node by its `nodeId`. @throws InvalidArgument */
export const nodeMetricsRowFilter = (filter: Readonly<Record<string, unknown>> | null | undefined) =>
  rowFilter(conditionsIn(filters, filter ?? {}));
