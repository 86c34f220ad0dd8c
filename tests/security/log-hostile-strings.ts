import { log } from "#lib/observability/log.ts";
import { hostileStrings } from "./hostile-strings.ts";

// This is a separate process, because a logger writes to its process's standard error. It uses every logger, and every place that a string can be in.
for (const logger of Object.values(log)) {
  for (const text of hostileStrings) {
    const cause = Object.assign(new TypeError(text, { cause: new Error(text) }), { code: text, detail: { text } });
    logger.error({ err: cause, text, [text]: "as a name", list: [text, { text }] }, text);
    logger.child({ text }).warn(text);
  }
}
