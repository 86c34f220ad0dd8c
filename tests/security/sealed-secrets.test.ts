import { describe, expect, it } from "vitest";
import type { Keyring } from "#lib/trust/keyring.ts";
import { open, reseal, seal, sealedUnder, type SecretPlace } from "#lib/trust/sealed-secret.ts";

const old: Keyring = [{ id: "old", secret: "o".repeat(43) }];
const both: Keyring = [{ id: "new", secret: "n".repeat(43) }, ...old];
const place: SecretPlace = { tenantId: "t1", table: "users", row: "u1", column: "mfa_secret" };

describe("attack 59: a sealed secret", () => {
  it("opens in the place where it was sealed", () => {
    expect(open(old, place, seal(old, place, "héllo"))).toBe("héllo");
    expect(open(old, place, seal(old, place, ""))).toBe("");
  });

  it.each([
    ["another tenant", { tenantId: "t2" }],
    ["another table", { table: "cloud_providers" }],
    ["another row", { row: "u2" }],
    ["another column", { column: "password_hash" }],
  ])("cannot be moved to %s", (_where, change) => {
    const moved = () => open(old, { ...place, ...change }, seal(old, place, "secret"));
    expect(moved).toThrow(expect.objectContaining({ code: "SECRET_INVALID" }));
  });

  it("is refused after a change of any character", () => {
    const sealed = seal(old, place, "secret");
    const prefix = sealedUnder("old").length;
    for (let at = prefix; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === "A" ? "Q" : "A"}${sealed.slice(at + 1)}`;
      // The last character of base64url may carry bits that are not part of any byte.
      if (sameBytes(changed, sealed)) continue;
      expect(() => open(old, place, changed)).toThrow(expect.objectContaining({ code: "SECRET_INVALID" }));
    }
  });

  it.each(["", "plain", "nvs1.old.x", "nvs2.old.x.y", "nvs1.old.AA.AA", "nvs1.old.a.b.c"])("cannot be %j", (text) => {
    expect(() => open(old, place, text)).toThrow(expect.objectContaining({ code: "SECRET_INVALID" }));
  });

  it("names the key that is missing", () => {
    expect(() => open(old, place, seal(both, place, "secret"))).toThrow(
      expect.objectContaining({ code: "SECRET_KEY_UNKNOWN", message: expect.stringContaining("new") }),
    );
  });

  it("under an old key opens, and is resealed under the newest", () => {
    const sealed = seal(old, place, "secret");
    expect(open(both, place, sealed)).toBe("secret");
    const resealed = reseal(both, place, sealed);
    expect(resealed.startsWith(sealedUnder("new"))).toBe(true);
    expect(open([both[0]], place, resealed)).toBe("secret");
    expect(reseal(both, place, resealed)).toBe(resealed);
    expect(() => reseal(both, { ...place, row: "u2" }, sealed)).toThrow(
      expect.objectContaining({ code: "SECRET_INVALID" }),
    );
  });

  it("of 69 bytes fits into the 255 characters of users.mfa_secret under the longest key id", () => {
    const keyring: Keyring = [{ id: "k".repeat(32), secret: "s".repeat(32) }];
    expect(seal(keyring, place, "x".repeat(69)).length).toBeLessThanOrEqual(255);
  });

  it("is a different text each time", () => {
    expect(seal(old, place, "secret")).not.toBe(seal(old, place, "secret"));
  });
});

const sameBytes = (one: string, other: string): boolean =>
  [2, 3].every((part) =>
    Buffer.from(one.split(".")[part] ?? "", "base64url").equals(Buffer.from(other.split(".")[part] ?? "", "base64url")),
  );
