import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { log } from "#lib/observability/log.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { hostileStrings } from "./hostile-strings.ts";

// Half a surrogate pair cannot be encoded in UTF-8. It is logged as an escape or as the replacement character.
const wellFormed = (text: unknown) => Buffer.from(String(text)).toString();
const logged = hostileStrings.map(wellFormed);

it("attack 25: no string in any place forges a log line or acts on a reader of the log, and each is logged unchanged", async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [bundle("tests/security/log-hostile-strings.ts")], {
    env: { ...process.env, LOG_LEVEL: "info" },
    maxBuffer: 64 * 2 ** 20,
  });
  const lines = stderr.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line))).toEqual([]);
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const loggers = Object.keys(log);
  expect(events.map(({ part, msg }) => [part, wellFormed(msg)])).toEqual(
    loggers.flatMap((part) =>
      logged.flatMap((text) => [
        [part, text],
        [part, text],
      ]),
    ),
  );
  expect(events.map(({ text }) => wellFormed(text))).toEqual(
    loggers.flatMap(() => logged.flatMap((text) => [text, text])),
  );
});
