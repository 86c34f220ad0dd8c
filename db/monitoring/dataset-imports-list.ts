import { during, oneOf } from "../filters.ts";
import { defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type DatasetImportRow, datasetImports } from "./schema/dataset-imports.ts";

export const datasetImportById = lookup<DatasetImportRow>({ table: datasetImports });

export const datasetImportList = defineList<DatasetImportRow>({
  table: datasetImports,
  filters: {
    dataset: oneOf(datasetImports.dataset),
    status: oneOf(datasetImports.status),
    startedAt: during(datasetImports.startedAt),
  },
  orders: { STARTED_AT: datasetImports.startedAt, UPDATED_AT: datasetImports.updatedAt },
  defaultOrder: { field: "STARTED_AT", direction: "DESC" },
});
