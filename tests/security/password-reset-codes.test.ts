import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "./rights/tenants.ts";
import { World } from "./rights/world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

describe("a code for a new password", () => {
  /** Makes a code for an account in `ours`, takes a permission from its maker, and uses the code. */
  const outcomeWithout = async (homeOfMaker: string, needed: readonly string[], lost?: string): Promise<string> => {
    const maker = await world.account(homeOfMaker, "viewer");
    const roles = new Map<string, string>();
    for (const permission of needed) {
      const roleId = await world.role(homeOfMaker, [permission]);
      roles.set(permission, roleId);
      await world.grant(maker, roleId);
    }
    const target = await world.account(tenants.ours, "viewer", ["audit:read"]);
    const { data } = await world.send(await world.session(maker, tenants.ours), "createPasswordReset", {
      userId: target.id,
    });
    expect(data?.["code"]).toMatch(/^nvr_/);
    await world.sql`
      delete from user_roles where user_id = ${maker.id} and role_id = ${lost ? (roles.get(lost) as string) : null}`;
    const reset = { login: target.username, code: data?.["code"], newPassword: "another sentence of many words" };
    return (await world.send(await world.session(target), "resetPassword", reset)).outcome;
  };

  it("works while its maker has the rights that were needed to make it, and no others", async () => {
    expect(await outcomeWithout(tenants.ours, ["user:update", "audit:read"])).toBe("DONE");
    expect(await outcomeWithout(tenants.platform, ["user:update", "audit:read", "tenant:act"])).toBe("DONE");
  });

  it.each([
    ["to change users", tenants.ours, "user:update"],
    ["that the account has", tenants.ours, "audit:read"],
    ["to act in the account's tenant", tenants.platform, "tenant:act"],
  ])("is void once its maker lacks the right %s", async (_title, home, lost) => {
    const needed = ["user:update", "audit:read", ...(home === tenants.ours ? [] : ["tenant:act"])];
    expect(await outcomeWithout(home, needed, lost)).toBe("RESET_CODE_INVALID");
  });
});
