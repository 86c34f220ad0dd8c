import { basename } from "node:path";
import type { ImportSource } from "#subgraphs/monitoring/imports/imports.ts";

/** Facts about the file after it was read, or as far as it was read. */
export interface BitbrainsRun {
  source: ImportSource;
  tenantId: string;
  shiftSeconds: number;
  /** Lines that an earlier run processed: read again for the counters, not written again. */
  linesDone: number;
}

/** Returns the time of a line in seconds since the epoch; undefined when the line is no sample. */
export const lastTime = (line: string | undefined): number | undefined => {
  const time = Number(line?.split(",")[1]);
  return Number.isSafeInteger(time) && time > 0 ? time : undefined;
};

/**
 * Returns by how many seconds, in whole hours, the trace is moved so that it ends in the last hour. The end of a truncated file is unknown. Where its name
 * states how long the trace is, that length is used, so that the rest does not end up in the future.
 */
export function shiftOf(last: number | undefined, file: string, truncated: boolean, now: Date): number {
  if (last === undefined) return 0;
  const named = /(week|day)-(\d{4}-\d{2}-\d{2})/.exec(basename(file));
  const begin = truncated && named ? Date.parse(`${named[2]}T00:00:00Z`) / 1000 : Number.NaN;
  const end = Number.isNaN(begin) ? last : Math.max(last, begin + (named?.[1] === "week" ? 7 : 1) * 86_400);
  return Math.floor((now.getTime() / 1000 - end) / 3_600) * 3_600;
}
