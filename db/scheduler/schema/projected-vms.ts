import { projectedVmsTable } from "../../projections/tables.ts";

export const projectedVms = projectedVmsTable("scheduler");
