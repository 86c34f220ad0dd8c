import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { ReadinessFace, readinessOf } from "./readiness.ts";

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
])("case G44: of these parts a gateway is, when nobody is identified without auth: %j", (parts, expected) => {
  expect(readinessOf(parts, ["auth"])).toEqual(expected);
});

it("without any part that is needed a gateway is not ready when none can be reached", () => {
  expect(readinessOf({ a: false, b: true }, [])).toEqual({ status: "degraded", degraded: ["a"] });
  expect(readinessOf({ a: false, b: false }, []).status).toBe("not ready");
});

it("case G44: requests that come together look at the parts once, so that nobody floods the parts by them", async () => {
  let looks = 0;
  let found: (reachable: boolean) => void = () => undefined;
  const ready = () => {
    looks += 1;
    return new Promise<boolean>((resolve) => (found = resolve));
  };
  const face = new ReadinessFace({ ready });
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
