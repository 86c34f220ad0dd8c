import { v5, v7 } from "uuid";

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (value: unknown): value is string => typeof value === "string" && uuidPattern.test(value);

/** Returns the id of a new object: version 7, so that later ids sort after earlier ones. */
export const newId = (): string => v7();

const datasetNamespace = "6f0e2f0c-6a5e-5c53-9a3f-2b1d4c6e8f10";

/** Returns the id of an imported object: version 5 of (data set, tenant, source id), so that a repeated import produces the same ids. */
export const importedId = (dataset: string, ...source: readonly (string | number)[]): string =>
  v5(`${dataset}/${source.join("/")}`, datasetNamespace);
