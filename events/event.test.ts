import { expect, it } from "vitest";
import { type EventOf, type EventPayload, eventCatalogue, payloadProperties, presentType } from "./event.ts";

it("no two domains have an event of the same type", () => {
  const types = Object.values(eventCatalogue).flatMap((events) => Object.keys(events));
  expect(types.filter((type, at) => types.indexOf(type) !== at)).toEqual([]);
});

it("all events of an entity have the same payload", () => {
  const events = Object.values(eventCatalogue).flatMap((each) => Object.entries(each));
  const ofEntities = events.filter(([type]) => /\.(created|updated|deleted)$/.test(type));
  for (const [type, { payload }] of ofEntities) {
    const entity = type.replace(/\..*/, "") as Parameters<typeof payloadProperties>[0];
    expect([type, ...Object.keys(payload.shape)]).toEqual([type, ...payloadProperties(entity)]);
  }
  expect(ofEntities.length).toBeGreaterThan(50);
});

it("an event that was written before a property was added to its payload is read without it", () => {
  const { nodeId, ...earlier }: EventPayload<"vm_state_transition.created"> = {
    vmId: "0197a000-0000-7000-8000-000000000001",
    fromState: null,
    toState: "running",
    reason: null,
    nodeId: null,
    ownerId: "0197a000-0000-7000-8000-000000000002",
    tags: {},
  };
  const read: EventOf<"vm_state_transition.created">["payload"] = earlier;
  expect([nodeId, read.nodeId]).toEqual([null, undefined]);
  const { added } = eventCatalogue.vms["vm_state_transition.created"];
  expect(added).toContain("nodeId");
});

it("an event that the previous release wrote is read under its present name", () => {
  expect(presentType("session.updated")).toBe("user_session.updated");
  expect(presentType("vm_samples.written")).toBe("vm_metrics.written");
  expect(presentType("scheduling_decision.created")).toBe("placement_decision.created");
  expect(presentType("vm.created")).toBe("vm.created");
  for (const type of Object.values(eventCatalogue).flatMap((events) => Object.keys(events)))
    expect(presentType(type)).toBe(type);
});
