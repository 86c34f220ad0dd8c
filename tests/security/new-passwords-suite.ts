import { describe, expect, it } from "vitest";
import { fleetOf } from "#tests/graph/rows.ts";
import type { TestUser } from "#tests/harness/credentials.ts";
import type { TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { accountsOf } from "./accounts.ts";

/** Declares the tests of new passwords: by their user, and with a code from an administrator. */
export function newPasswordsSuite(product: () => TestProduct): void {
  const other = fleetOf(2);
  const { newUser, signIn, tokenOf, change } = accountsOf(product, fleetOf(1).tenantId);
  const good = "a long enough sentence";

  describe("changing one's own password", () => {
    it("ends all sessions, and gives the requesting session a new token", async () => {
      const user = await newUser();
      const [here, elsewhere] = [await tokenOf(user), await tokenOf(user)];
      const input = { currentPassword: user.password, newPassword: good };
      const { data } = await change("changePassword", input, "token session { id }", here);
      expect(data.changePassword.userErrors).toEqual([]);
      for (const token of [here, elsewhere]) expect((await product().ask("{ me { id } }", {}, token)).status).toBe(401);
      expect((await product().ask("{ me { id } }", {}, data.changePassword.token as string)).data.me.id).toBe(user.id);
      expect((await signIn(user.email, user.password)).data.signIn.token).toBeNull();
      expect((await signIn(user.email, good)).data.signIn.token).toMatch(/^nvs_/);
    });

    it.each([
      ["INVALID_CREDENTIALS", "currentPassword", { currentPassword: "not the password" }],
      ["PASSWORD_TOO_WEAK", "newPassword", { newPassword: "short" }],
      ["PASSWORD_TOO_WEAK", "newPassword", { newPassword: "aaaaaaaaaaaaaaaa" }],
      ["PASSWORD_TOO_LONG", "newPassword", { newPassword: "x".repeat(10_240) }],
    ])("is refused with %s of %s, and nothing changes", async (code, field, wrong) => {
      const user = await newUser();
      const token = await tokenOf(user);
      const input = { currentPassword: user.password, newPassword: good, ...wrong };
      const { data } = await change("changePassword", input, "token", token);
      expect(data.changePassword).toEqual({ token: null, userErrors: [{ code, field: [field] }] });
      expect((await product().ask("{ me { id } }", {}, token)).status).toBe(200);
      expect((await signIn(user.email, user.password)).data.signIn.token).toMatch(/^nvs_/);
    });

    it("cannot be used for unlimited guesses of the password", async () => {
      const user = await newUser();
      const token = await tokenOf(user);
      const input = { currentPassword: "not the password", newPassword: good };
      for (let at = 0; at < 6; at += 1) await change("changePassword", input, "token", token);
      const right = { ...input, currentPassword: user.password };
      const { data } = await change("changePassword", right, "token", token);
      expect(data.changePassword.userErrors).toEqual([{ code: "INVALID_CREDENTIALS", field: ["currentPassword"] }]);
    });
  });

  describe("attack 39: a user who is locked out by others", () => {
    it("regains access with a code from an administrator, which works once", async () => {
      const user = await newUser();
      for (let at = 0; at < 5; at += 1) await signIn(user.email, "not the password");
      // Makes the lock as long as further attempts would.
      await asOwner(
        product().urls.url("auth"),
        (sql) => sql`update users set locked_until = locked_until + interval '15 minutes' where id = ${user.id}`,
      );
      expect((await signIn(user.email, user.password)).data.signIn.token).toBeNull();
      const administrator = await tokenOf(await newUser("admin"));
      const { data } = await change("createPasswordReset", { userId: user.id }, "code expiresAt", administrator);
      const code = data.createPasswordReset.code as string;
      const input = { login: user.username, code, newPassword: good };
      const answers = await Promise.all(Array.from({ length: 5 }, () => change("resetPassword", input, "")));
      const errors = answers.map((answer) => answer.data.resetPassword.userErrors[0]?.code as string | undefined);
      expect(errors.filter((error) => error === undefined)).toHaveLength(1);
      expect(new Set(errors)).toEqual(new Set([undefined, "RESET_CODE_INVALID"]));
      expect((await signIn(user.email, good)).data.signIn.token).toMatch(/^nvs_/);
    });

    it("gets the same answer for a wrong code as for a wrong name", async () => {
      const user = await newUser();
      const wrong = { code: "nvr_wrong", newPassword: good };
      const answers = await Promise.all(
        [user.email, "nobody@example.org"].map((login) => change("resetPassword", { ...wrong, login }, "")),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.data.resetPassword.userErrors).toEqual([{ code: "RESET_CODE_INVALID", field: ["code"] }]);
    });

    it("gets no code from a user without the right, nor from another tenant's administrator", async () => {
      const user = await newUser();
      const refused = await change("createPasswordReset", { userId: user.id }, "code", await tokenOf(await newUser()));
      expect(refused.errors[0]?.extensions).toMatchObject({ code: "FORBIDDEN", permission: "user:update" });
      const foreign = await tokenOf(await newUser("admin", other.tenantId));
      const unknown = await change("createPasswordReset", { userId: user.id }, "code", foreign);
      expect(unknown.errors[0]?.extensions.code).toBe("NOT_FOUND");
    });
  });

  describe("a code for a new password is void", () => {
    const makeCode = async (userId: string, token: string): Promise<string> =>
      (await change("createPasswordReset", { userId }, "code", token)).data.createPasswordReset.code as string;
    const use = async ({ username }: TestUser, code: string) =>
      (await change("resetPassword", { login: username, code, newPassword: "yet another sentence" }, "")).data
        .resetPassword.userErrors[0]?.code as string | undefined;

    it.each([
      ["was disabled", "disableUser", {}],
      ["may no longer act on the account", "setUserRole", { role: "OPERATOR" }],
    ])("once the user who created it %s", async (_why, name, more) => {
      const [user, maker, administrator] = [await newUser(), await newUser("admin"), await newUser("admin")];
      const code = await makeCode(user.id, await tokenOf(maker));
      await change(name, { id: maker.id, ...more }, "user { id }", await tokenOf(administrator));
      expect(await use(user, code)).toBe("RESET_CODE_INVALID");
      expect((await signIn(user.email, user.password)).data.signIn.token).toMatch(/^nvs_/);
    });

    it("once its user has another password, or was disabled in between", async () => {
      const [user, administrator] = [await newUser(), await tokenOf(await newUser("admin"))];
      const first = await makeCode(user.id, administrator);
      await change(
        "changePassword",
        { currentPassword: user.password, newPassword: good },
        "token",
        await tokenOf(user),
      );
      expect(await use(user, first)).toBe("RESET_CODE_INVALID");
      const second = await makeCode(user.id, administrator);
      await change("disableUser", { id: user.id }, "user { id }", administrator);
      await change("enableUser", { id: user.id }, "user { id }", administrator);
      expect(await use(user, second)).toBe("RESET_CODE_INVALID");
      expect(await use(user, await makeCode(user.id, administrator))).toBeUndefined();
    });
  });
}
