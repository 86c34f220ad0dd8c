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

const longestMessage = 2_000;

/** PostgreSQL stores neither NUL nor half of a surrogate pair. A message may have both: of a name that a user gave, or of a text that was cut. */
const storableText = (text: string): string => text.slice(0, longestMessage).replaceAll("\0", "\ufffd").toWellFormed();

/** Returns what is stored of an error: the contents of errors that are not meant to be shown go to the log. */
export const failureOf = (error: unknown, step: string): Failure =>
  error instanceof StepFailure
    ? { code: storableText(error.code), message: storableText(error.message), step }
    : { code: "STEP_FAILED", message: `The step ${step} failed; the log of the worker has the reason.`, step };

const longestResult = 65_536;

/** NUL and half of a surrogate pair, as JSON escapes them: after no backslash that is escaped itself. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** The failure of a step whose result cannot be stored. */
export const invalidResult = (): StepFailure =>
  new StepFailure(
    "RESULT_INVALID",
    `The step returned more than ${longestResult} characters of JSON, a NUL, or half of a surrogate pair.`,
    { isFinal: true },
  );

/** Returns the result of a step if it can be stored. @throws StepFailure RESULT_INVALID */
export function storable(result: Json): Json {
  const text = JSON.stringify(result ?? null);
  if (text.length > longestResult || unstorable.test(text)) throw invalidResult();
  return result ?? null;
}
