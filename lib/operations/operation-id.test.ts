import { expect, it } from "vitest";
import { isUuid } from "../uuid.ts";
import { domainOfOperation, newOperationId, type OperationDomain } from "./operation-id.ts";

it.each<OperationDomain>(["auth", "vms", "monitoring", "federation", "scheduler"])(
  "the id of an operation is a UUID that names the %s domain",
  (domain) => {
    const ids = Array.from({ length: 1_000 }, () => newOperationId(domain));
    expect(new Set(ids).size).toBe(1_000);
    expect(ids.every((id) => isUuid(id) && id.charAt(14) === "7" && domainOfOperation(id) === domain)).toBe(true);
  },
);

it("an id that names no domain is of no operation", () => {
  expect(domainOfOperation("00000000-0000-7000-8000-000000000001")).toBeUndefined();
  expect(domainOfOperation("not an id")).toBeUndefined();
});
