import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Catalogue } from "./catalogue.ts";
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

interface Released {
  version: number;
  properties: readonly string[];
}

/** The payloads that the last release wrote. A log has them for as long as it keeps its events. */
const released = JSON.parse(readFileSync(new URL("released-events.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Released>
>;

it("an event of the last release can be read: added properties are optional, and none is missing unless the version is higher", () => {
  const definitions: Catalogue = Object.assign({}, ...Object.values(eventCatalogue));
  const problems = Object.entries(released).flatMap(([type, { version, properties }]) => {
    const present = definitions[presentType(type)];
    if (!present) return [`${type} is not in the catalogue: name its entity's new name in formerEntities`];
    const names = Object.keys(present.payload.shape);
    const added = names.filter((name) => !properties.includes(name) && !present.added.includes(name));
    const lost = present.version > version ? [] : properties.filter((name) => !names.includes(name));
    return [
      ...added.map((name) => `${type}: list ${name} as added later, the last argument of its definition`),
      ...lost.map((name) => `${type}: without ${name} it needs a higher version`),
    ];
  });
  expect(problems).toEqual([]);
  expect(Object.keys(released).length).toBeGreaterThan(50);
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
