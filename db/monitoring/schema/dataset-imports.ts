import { sql } from "drizzle-orm";
import { bigint, boolean, check, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { primaryId, tenantId, tenantPolicy, timestamptz, updatedAt } from "../../columns.ts";
import { datasetImportStatus } from "./enums.ts";

const count = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

/** The progress of importing one file for one tenant, saved in the transaction of each batch. An import resumes from it. */
export const datasetImports = pgTable(
  "dataset_imports",
  {
    id: primaryId(),
    tenantId: tenantId(),
    dataset: text("dataset").notNull(),
    /** SHA-256 of the first part of the unpacked file, so that a truncated file and its complete copy are the same source. */
    sourceFingerprint: text("source_fingerprint").notNull(),
    /** Lines of the source that were processed, rejected ones and the header included. */
    linesDone: count("lines_done"),
    rowsWritten: count("rows_written"),
    rowsRejected: count("rows_rejected"),
    /** Added to the trace's times. It is in whole hours, and the same whenever this source is imported again. */
    shiftSeconds: count("shift_seconds"),
    /** First and last time of the trace, before the shift. */
    traceStart: timestamptz("trace_start"),
    traceEnd: timestamptz("trace_end"),
    keepTimes: boolean("keep_times").notNull().default(false),
    status: datasetImportStatus("status").notNull().default("running"),
    startedAt: timestamptz("started_at").notNull().defaultNow(),
    updatedAt: updatedAt(),
    finishedAt: timestamptz("finished_at"),
  },
  (table) => [
    uniqueIndex("idx_dataset_imports_source").on(table.tenantId, table.dataset, table.sourceFingerprint),
    check("dataset_imports_shift_seconds_check", sql`${table.shiftSeconds} % 3600 = 0`),
    check("dataset_imports_keep_times_check", sql`not ${table.keepTimes} or ${table.shiftSeconds} = 0`),
    tenantPolicy("monitoring", table.tenantId),
  ],
);

export type DatasetImportRow = typeof datasetImports.$inferSelect;
