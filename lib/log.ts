import { pino } from "pino";
import { traceId } from "./tracing.ts";

const standardError = pino.destination({ fd: 2, sync: true });

/**
 * JSON has its strings' line breaks and other characters below the blank escaped. These too mean something to a terminal or a viewer: DEL and
 * the controls above it, other line ends, and what turns the direction of text around or cannot be seen.
 */
const unseen = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (characters: string): string =>
  characters
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

/**
 * One JSON line an event, on standard error: standard output belongs to what commands print. Whatever a client put into a string, it neither
 * begins a line nor does anything to who reads one.
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

/** The loggers of the product, by the part of it that speaks. */
export const log = {
  gateway: rootLogger.child({ part: "gateway" }),
  subgraph: rootLogger.child({ part: "subgraph" }),
  database: rootLogger.child({ part: "database" }),
  jobs: rootLogger.child({ part: "jobs" }),
  events: rootLogger.child({ part: "events" }),
  files: rootLogger.child({ part: "files" }),
  traces: rootLogger.child({ part: "traces" }),
};
