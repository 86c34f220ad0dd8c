import { expect, it } from "vitest";
import { shownState } from "./shown-state.ts";

const now = new Date("2026-01-02T00:00:00Z");
const before = new Date("2026-01-01T00:00:00Z");
const after = new Date("2026-01-03T00:00:00Z");

it("a firing alert without an acknowledgement is shown as firing", () => {
  const alert = { state: "firing", acknowledgedAt: null, acknowledgementExpiresAt: null } as const;
  expect(shownState(alert, now)).toBe("firing");
});

it.each(["pending", "firing"] as const)(
  "a %s alert is shown as acknowledged while the acknowledgement lasts",
  (state) => {
    const lasting = { state, acknowledgedAt: before, acknowledgementExpiresAt: null };
    expect(shownState(lasting, now)).toBe("acknowledged");
    expect(shownState({ ...lasting, acknowledgementExpiresAt: after }, now)).toBe("acknowledged");
  },
);

it("an alert is shown as it is after its acknowledgement has ended", () => {
  const alert = { state: "firing", acknowledgedAt: before, acknowledgementExpiresAt: now } as const;
  expect(shownState(alert, now)).toBe("firing");
});

it("a resolved alert is shown as resolved, acknowledged or not", () => {
  const alert = {
    state: "resolved",
    acknowledgedAt: before,
    acknowledgementExpiresAt: null,
  } as const;
  expect(shownState(alert, now)).toBe("resolved");
});
