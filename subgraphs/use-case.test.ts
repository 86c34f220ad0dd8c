import { expect, it } from "vitest";
import { anonymous, type Identity, type RequestContext } from "#lib/trust/request-context.ts";
import { scopeOf } from "./use-case.ts";

const actorOf = (identity: Identity, more: Partial<RequestContext> = {}) =>
  scopeOf({ identity, requestId: "request", deadline: 0, ...more }).actor;
const service: Identity = { ...anonymous, kind: "service", id: "vms" };

it("the actor of a change is its caller, or the actor that a service works for", () => {
  expect(actorOf({ ...anonymous, kind: "user", id: "ada" })).toBe("user:ada");
  expect(actorOf(anonymous)).toBeUndefined();
  expect(actorOf(service)).toBe("service:vms");
  expect(actorOf(service, { onBehalfOf: "user:ada" })).toBe("user:ada");
});
