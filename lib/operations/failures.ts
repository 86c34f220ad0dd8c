import type { Json } from "./definition.ts";
import type { Failure } from "./record.ts";

/** A failure of a step whose code and message are stored with the operation and shown to users. Of every other error they see only that the step failed. */
export class StepFailure extends Error {
  readonly code: string;
  /** Whether no further attempt can succeed. */
  readonly isFinal: boolean;

  constructor(code: string, message: string, { isFinal = false } = {}) {
    super(message);
    this.name = "StepFailure";
    this.code = code;
    this.isFinal = isFinal;
  }
}

/** Returns what is stored of an error: the contents of errors that are not meant to be shown go to the log. */
export const failureOf = (error: unknown, step: string): Failure =>
  error instanceof StepFailure
    ? { code: error.code, message: error.message, step }
    : { code: "STEP_FAILED", message: `The step ${step} failed; the log of the worker has the reason.`, step };

const longestResult = 65_536;

/** Returns the result of a step if it can be stored. @throws StepFailure RESULT_INVALID */
export function storable(result: Json): Json {
  const text = JSON.stringify(result ?? null);
  // PostgreSQL stores no NUL in JSON.
  if (text.length > longestResult || text.includes("\\u0000"))
    throw new StepFailure(
      "RESULT_INVALID",
      `The step returned more than ${longestResult} characters of JSON, or a NUL.`,
      {
        isFinal: true,
      },
    );
  return result ?? null;
}
