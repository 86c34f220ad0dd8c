import { expect, it } from "vitest";
import { consentMessage } from "./consent-message.ts";

const entry = (number: number) => ({ step: `step ${number}`, result: { id: "x".repeat(200) } });

it("a request for consent lists what is left behind, each whole, and states how many more the operation lists", () => {
  expect(consentMessage([])).toContain("leaves behind: nothing that is known. Send");
  expect(consentMessage([{ step: "first", result: { id: "a" } }])).toContain('leaves behind: first {"id":"a"}. Send');
  const message = consentMessage(Array.from({ length: 10 }, (_, at) => entry(at)));
  expect(message.match(/step \d \{"id":"x{200}"\}, /g)).toHaveLength(4);
  expect(message).toContain("6 more, which its field `leftBehind` lists. Send");
  expect(consentMessage([{ step: "first", result: "x".repeat(2_000) }])).toContain("leaves behind: 1 more, which");
});
