import { describe, expect, it } from "vitest";
import type { TestProduct } from "#tests/harness/product.ts";
import { tenantsOf } from "./tenant-changes.ts";

/** Declares the tests of inputs with which a tenant is neither created nor changed. */
export function tenantInputsSuite(product: () => TestProduct, operator: () => string): void {
  const { change, newTenant, written } = tenantsOf(product, operator);

  describe("a tenant", () => {
    it.each([
      ["NAME_INVALID", "name", { name: "" }],
      ["NAME_INVALID", "name", { name: " " }],
      ["NAME_INVALID", "name", { name: "x".repeat(64) }],
      ["NAME_INVALID", "name", { name: "a\u0000b" }],
      ["NAME_INVALID", "name", { name: "a\nb" }],
      ["NAME_INVALID", "name", { name: "Acme" }],
      ["NAME_INVALID", "name", { name: "-acme" }],
      ["NAME_TAKEN", "name", { name: "platform" }],
      ["QUOTA_INVALID", "quota.maxVmCount", { quota: { maxVmCount: -1 } }],
      ["QUOTA_INVALID", "quota.maxCpuMillicores", { quota: { maxCpuMillicores: -1 } }],
      ["QUOTA_INVALID", "quota.maxCpuMillicores", { quota: { maxCpuMillicores: "9223372036854775807" } }],
      ["QUOTA_INVALID", "quota.maxMemoryBytes", { quota: { maxMemoryBytes: 2 ** 20 + 1 } }],
      ["QUOTA_INVALID", "quota.maxMemoryBytes", { quota: { maxMemoryBytes: "9223372036854775808" } }],
      ["QUOTA_INVALID", "quota.maxStorageBytes", { quota: { maxStorageBytes: 2 ** 20 } }],
      ["QUOTA_INVALID", "quota.maxMonthlySpend", { quota: { maxMonthlySpend: { amount: "-0.01", currency: "USD" } } }],
      [
        "QUOTA_INVALID",
        "quota.maxMonthlySpend",
        { quota: { maxMonthlySpend: { amount: "0.0000000001", currency: "USD" } } },
      ],
      [
        "QUOTA_INVALID",
        "quota.maxMonthlySpend",
        { quota: { maxMonthlySpend: { amount: "1000000000", currency: "USD" } } },
      ],
    ])("is neither created nor changed with %s of %s: %j", async (code, field, wrong) => {
      const id = await newTenant();
      const before = await written();
      const refused = { tenant: null, userErrors: [{ code, field: field.split(".") }] };
      expect((await change("createTenant", { name: "good", ...wrong })).data.createTenant).toEqual(refused);
      const [name, input] =
        "quota" in wrong ? ["setTenantQuota", { id, ...wrong }] : ["updateTenant", { id, ...wrong }];
      expect((await change(name, input)).data[name]).toEqual(refused);
      expect(await written()).toEqual(before);
    });

    it.each([
      [{ displayName: "a\u0000b" }, "input.displayName"],
      [{ displayName: "x".repeat(256) }, "input.displayName"],
      [{ description: "\ud800" }, "input.description"],
      [{ description: "x".repeat(2_001) }, "input.description"],
    ])("is neither created nor changed with malformed text: %j", async (wrong, argument) => {
      const id = await newTenant();
      const before = await written();
      for (const answer of [
        await change("createTenant", { name: "good", ...wrong }),
        await change("updateTenant", { id, ...wrong }),
      ]) {
        expect(answer.errors[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", argument });
      }
      expect(await written()).toEqual(before);
    });

    it.each([
      { maxMonthlySpend: { amount: "many", currency: "USD" } },
      { maxMonthlySpend: { amount: "1", currency: "usd" } },
      { maxMonthlySpend: "1" },
      { maxVmCount: 1.5 },
      { maxMemoryBytes: 0.5 },
      { maxStorageBytes: "1e9" },
    ])("accepts no quota of another type: %j", async (quota) => {
      const before = await written();
      const { errors } = await change("createTenant", { name: "good", quota });
      expect(errors[0]?.extensions.code).toBe("BAD_USER_INPUT");
      expect(await written()).toEqual(before);
    });
  });
}
