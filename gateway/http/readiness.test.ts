import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { ReadinessEndpoint, readinessOf } from "./readiness.ts";

it.each([
  [{ auth: true, vms: true }, { status: "ready" }],
  [
    { auth: true, vms: false },
    { status: "degraded", degraded: ["vms"] },
  ],
  [
    { auth: false, vms: true },
    { status: "not ready", degraded: ["auth"] },
  ],
  [
    { auth: false, vms: false },
    { status: "not ready", degraded: ["auth", "vms"] },
  ],
])("case G44: readiness by reachable parts when auth is needed: %j", (parts, expected) => {
  expect(readinessOf(parts, ["auth"])).toEqual(expected);
});

it("without a needed part a gateway is not ready only when no part can be reached", () => {
  expect(readinessOf({ a: false, b: true }, [])).toEqual({ status: "degraded", degraded: ["a"] });
  expect(readinessOf({ a: false, b: false }, []).status).toBe("not ready");
});

it("case G44: concurrent requests check the parts once, so that they cannot flood the parts", async () => {
  let looks = 0;
  let found: (reachable: boolean) => void = () => undefined;
  const ready = () => {
    looks += 1;
    return new Promise<boolean>((resolve) => (found = resolve));
  };
  const face = new ReadinessEndpoint({ ready });
  const responses = [1, 2, 3].map(() => new ServerResponse(new IncomingMessage(new Socket())));
  const answers = responses.map((response) => face.answer(response, { isClosing: false, isVerbose: false }));
  found(true);
  await Promise.all(answers);
  expect([looks, ...responses.map(({ statusCode }) => statusCode)]).toEqual([1, 200, 200, 200]);
  const next = face.answer(new ServerResponse(new IncomingMessage(new Socket())), {
    isClosing: true,
    isVerbose: false,
  });
  found(true);
  await next;
  expect(looks).toBe(2);
});
