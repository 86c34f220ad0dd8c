import { during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { datasetImportHistory } from "./change-history.ts";
import { datasetImports } from "./schema/dataset-imports.ts";

export const datasetImportEntity = defineEntity({
  table: datasetImports,
  history: datasetImportHistory,
  filters: {
    dataset: oneOf(datasetImports.dataset),
    status: oneOf(datasetImports.status),
    startedAt: during(datasetImports.startedAt),
  },
  orders: { STARTED_AT: datasetImports.startedAt, UPDATED_AT: datasetImports.updatedAt },
  defaultOrder: { field: "STARTED_AT", direction: "DESC" },
});
