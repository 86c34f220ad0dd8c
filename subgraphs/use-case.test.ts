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

it("the operation of a change is the one that a service works for; no other caller is believed", () => {
  const operationOf = (identity: Identity) =>
    scopeOf({ identity, requestId: "request", deadline: 0, operationId: "0197a000-0000-7000-8000-000000000001" })
      .operationId;
  expect(operationOf(service)).toBe("0197a000-0000-7000-8000-000000000001");
  expect(operationOf({ ...service, kind: "user", id: "ada" })).toBeUndefined();
});
