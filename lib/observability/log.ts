import { pino } from "pino";
import { traceId } from "./tracing.ts";

const standardError = pino.destination({ fd: 2, sync: true });

/**
 * JSON escapes line breaks in strings, and other characters below the space. These characters also have an effect in a terminal or a viewer: DEL and the
 * controls above it, other line separators, and characters that reverse the direction of text or are invisible.
 */
const unseen = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (characters: string): string =>
  characters
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

/**
 * Writes one JSON line per event to standard error: standard output belongs to the output of commands. No string from a client can begin a line or affect a
 * reader's terminal.
 */
const rootLogger = pino(
  {
    level: process.env["LOG_LEVEL"] ?? "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceId,
  },
  { write: (line: string) => void standardError.write(line.replace(unseen, escaped)) },
);

/** The loggers of the product, one for each of its parts. */
export const log = {
  gateway: rootLogger.child({ part: "gateway" }),
  subgraph: rootLogger.child({ part: "subgraph" }),
  database: rootLogger.child({ part: "database" }),
  jobs: rootLogger.child({ part: "jobs" }),
  hypervisors: rootLogger.child({ part: "hypervisors" }),
  events: rootLogger.child({ part: "events" }),
  files: rootLogger.child({ part: "files" }),
  operations: rootLogger.child({ part: "operations" }),
  traces: rootLogger.child({ part: "traces" }),
};
