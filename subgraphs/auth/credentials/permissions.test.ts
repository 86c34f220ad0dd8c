import { describe, expect, it } from "vitest";
import { exceeding, intersection, isPermission } from "./permissions.ts";

const longest = "a".repeat(32);

describe("a permission", () => {
  it.each(["*", "vm:*", "vm:read", "vm:re*", "api_key:revoke", "a:b", "a:b*", `${longest}:${longest}*`])(
    "may be %j",
    (text) => expect(isPermission(text)).toBe(true),
  );

  it.each([
    ...["", "vm", "vm:", ":read", ":*", "*:read", "*:*", "vm*", "v*:read", "**", "vm:**", "vm:*d", "vm:r*d"],
    ...["VM:read", "vm:READ", "vm:re-ad", "_vm:read", "vm:_read", "1vm:read", "vm:1read", "vm:read:more"],
    ...["vm:read ", " vm:read", "vm:read\n", "vm:read,*", "*,vm:read", `a${longest}:read`, `vm:a${longest}`],
  ])("is not %j", (text) => expect(isPermission(text)).toBe(false));
});

it.each([
  [["vm:*"], ["vm:read", "role:read"], ["vm:read"]],
  [["vm:re*"], ["vm:r*"], ["vm:re*"]],
  [["*"], ["vm:read", "audit:read"], ["audit:read", "vm:read"]],
  [["vm:read"], ["vm:read"], ["vm:read"]],
  [["vm:read"], ["vm:readable", "vm:rea", "role:read"], []],
  [["vm:read"], [], []],
])("%j and %j both grant %j", (one, other, both) => {
  expect(intersection(one, other)).toEqual(both);
  expect(intersection(other, one)).toEqual(both);
});

it.each([
  [["vm:read", "role:read"], ["vm:*"], ["role:read"]],
  [["vm:*"], ["vm:read", "vm:update"], ["vm:*"]],
  [["vm:re*"], ["vm:r*"], []],
  [["*"], ["vm:*"], ["*"]],
  [["*"], ["*"], []],
])("%j exceeds the rights %j by %j", (wanted, rights, missing) => {
  expect(exceeding(wanted, rights)).toEqual(missing);
});
