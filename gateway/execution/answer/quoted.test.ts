import { expect, it } from "vitest";
import { quoted } from "./quoted.ts";

it.each([
  ["", '""'],
  ["plain, ÿ and 雪", '"plain, ÿ and 雪"'],
  ['"', String.raw`"\""`],
  ["\\", String.raw`"\\"`],
  ["\u0000", String.raw`"\u0000"`],
  ["\u001f", String.raw`"\u001f"`],
  ["\u0020\u007f\u2028", '"\u0020\u007f\u2028"'],
  ["😀", '"😀"'],
  ["\ud800", String.raw`"\ud800"`],
  ["\udfff", String.raw`"\udfff"`],
  ["\ud7ff\ue000", '"\ud7ff\ue000"'],
  ["\n".repeat(300), `"${String.raw`\n`.repeat(300)}"`],
])("a string is written as JSON.stringify writes it: %j", (text, json) => {
  expect(quoted(text)).toBe(json);
  expect(JSON.stringify(text)).toBe(json);
});
