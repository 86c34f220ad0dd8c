import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutations } from "./rights/actions.ts";
import { tryAll } from "./rights/trials.ts";
import { World } from "./rights/world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

/** Each takes a hash of a password, which takes as long as many of the others. */
export const slow = new Set([
  "signIn",
  "resetPassword",
  "changePassword",
  "beginTotp",
  "disableTotp",
  "regenerateRecoveryCodes",
  "createUser",
]);

describe("case G37, G38: a credential brings about no more than its own rights", () => {
  it("by every mutation of the auth domain, whatever the rights of the caller and of the target", async () => {
    const fields = Object.keys(world.auth.schema.getMutationType()?.getFields() ?? {});
    // Whoever adds a mutation says in `rights/actions.ts` what it does.
    expect(Object.keys(mutations).toSorted()).toEqual(fields.toSorted());
    const outcomes = await tryAll(world, (name) => (slow.has(name) ? 5 : 12), 20_261_130);
    const all = [...outcomes.values()].flatMap((each) => [...each.keys()]);
    expect(new Set(all)).toEqual(new Set(["DONE", "FORBIDDEN", "NOT_FOUND", "SCOPE_EXCEEDS_RIGHTS"]));
    if (process.env["SHOW"]) console.log(outcomes);
  });
});
