import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { type Answer, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

const { tenantId } = fleetOf(1);
let product: TestProduct;
beforeAll(async () => {
  // The time stays in the middle of a step, so that a code belongs to the same step when it arrives.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 30_000) * 30_000 + 15_000 });
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 1);
});
afterAll(async () => {
  vi.useRealTimers();
  await product.stop();
});
beforeEach(() => product.signInLimits.forgetAddress("127.0.0.1"));

const signIn = (user: TestUser, code?: string): Promise<Answer> =>
  product.ask(`mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code field } } }`, {
    input: { login: user.email, password: user.password, ...(code ? { code } : {}) },
  });
const tokenOf = async (user: TestUser, code?: string) => (await signIn(user, code)).data.signIn.token as string | null;
const change = (name: string, input: object, fields: string, token: string): Promise<Answer> => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code field } } }`;
  return product.ask(query, { input }, token);
};

interface Enrolled {
  user: TestUser;
  /** The token of the session that replaced the one that the factor was set up in. */
  token: string;
  recoveryCodes: string[];
  /** Returns the code that the app shows this many steps of 30 s from now. */
  code(steps?: number): string;
}

/** Returns a user whose app was confirmed with the code of the step before this one. */
async function enrolled(): Promise<Enrolled> {
  const user = await makeUser(product.databases.auth, { tenantId });
  const before = (await tokenOf(user)) as string;
  const begun = await change("beginTotp", { password: user.password }, "secret uri", before);
  const totp = new TOTP({ secret: Secret.fromBase32(begun.data.beginTotp.secret as string) });
  const code = (steps = 0) => totp.generate({ timestamp: Date.now() + steps * 30_000 });
  const confirmed = await change("confirmTotp", { code: code(-1) }, "recoveryCodes token", before);
  const { recoveryCodes, token } = confirmed.data.confirmTotp as Pick<Enrolled, "recoveryCodes" | "token">;
  return { user, token, code, recoveryCodes };
}

describe("a second factor", () => {
  it("is enabled once a code of the app was confirmed, and required at the next sign-in", async () => {
    const { user, code, recoveryCodes } = await enrolled();
    expect(new Set(recoveryCodes).size).toBe(10);
    const without = await signIn(user);
    expect(without.data.signIn).toEqual({ token: null, userErrors: [{ code: "MFA_REQUIRED", field: ["code"] }] });
    expect((await signIn(user, "000000")).data.signIn.userErrors[0].code).toBe("INVALID_CREDENTIALS");
    expect(await tokenOf(user, code())).toMatch(/^nvs_/);
  });

  it("is required by a sign-in that began before it was enabled", async () => {
    const user = await makeUser(product.databases.auth, { tenantId });
    const url = product.urls.url("auth");
    // A waiting sign-in has read the user and verified the password.
    const isWaiting = () =>
      asOwner(url, async (sql) => {
        const waiting =
          await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
        return waiting.length > 0;
      });
    const signingIn = await asOwner(url, (sql) =>
      sql.begin(async (tx) => {
        await tx`update users set mfa_enabled = true, mfa_secret = 'sealed' where id = ${user.id}`;
        const begun = [signIn(user)];
        await vi.waitUntil(isWaiting, { timeout: 5_000, interval: 10 });
        return { begun };
      }),
    );
    const [answer] = await Promise.all(signingIn.begun);
    expect(answer?.data.signIn).toEqual({ token: null, userErrors: [{ code: "INVALID_CREDENTIALS", field: null }] });
  });

  it("is stored sealed, and not returned again", async () => {
    const { user, token } = await enrolled();
    const [row] = await asOwner(
      product.urls.url("auth"),
      (sql) => sql<{ secret: string }[]>`select mfa_secret as secret from users where id = ${user.id}`,
    );
    expect(row?.secret).toMatch(/^nvs1\.test\./);
    const again = await change("beginTotp", { password: user.password }, "secret", token);
    expect(again.data.beginTotp).toEqual({ secret: null, userErrors: [{ code: "MFA_IN_USE", field: null }] });
  });
});

describe("attack 40: a code of the app", () => {
  it("is accepted once, even when it is sent twenty times at once", async () => {
    const { user, code } = await enrolled();
    const now = code();
    const answers = await Promise.all(Array.from({ length: 20 }, () => tokenOf(user, now)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    await asOwner(product.urls.url("auth"), (sql) => sql`update users set locked_until = null where id = ${user.id}`);
    expect(await tokenOf(user, now)).toBeNull();
  });

  it("case G40: that was used already does not count as a wrong one: the next code signs in", async () => {
    const { user, code } = await enrolled();
    const now = code();
    await Promise.all(Array.from({ length: 8 }, () => tokenOf(user, now)));
    expect(await tokenOf(user, code(1))).toMatch(/^nvs_/);
  });

  it("case G40: uses up no attempt and stays valid when the sign-in fails after it", async () => {
    const { user, code } = await enrolled();
    const owner = (statement: string) => asOwner(product.urls.url("auth"), (sql) => sql.unsafe(statement));
    await owner(`create function no_room() returns trigger language plpgsql as
      $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$`);
    await owner("create trigger no_room before insert on user_sessions for each row execute function no_room()");
    for (let at = 0; at < 6; at += 1) {
      const { errors } = await signIn(user, code());
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(["STORAGE_FULL"]);
    }
    await owner("drop function no_room cascade");
    expect(await tokenOf(user, code())).toMatch(/^nvs_/);
  });

  it("is refused two steps before or after now, and accepted one step after", async () => {
    const { user, code } = await enrolled();
    expect(await tokenOf(user, code(2))).toBeNull();
    expect(await tokenOf(user, code(-2))).toBeNull();
    expect(await tokenOf(user, code(1))).toMatch(/^nvs_/);
  });

  it("may be tried five times in five minutes, even when the lock is cleared", async () => {
    const { user, code } = await enrolled();
    for (let at = 0; at < 5; at += 1) {
      await signIn(user, "000000");
      await asOwner(
        product.urls.url("auth"),
        (sql) => sql`update users set locked_until = null, failed_login_attempts = 0 where id = ${user.id}`,
      );
    }
    expect(await tokenOf(user, code())).toBeNull();
  });
});

describe("attack 41: a recovery code", () => {
  it("replaces a code of the app once, even when it is sent three times at once", async () => {
    const { user, recoveryCodes } = await enrolled();
    const [first = "", second = ""] = recoveryCodes;
    const answers = await Promise.all(Array.from({ length: 3 }, () => tokenOf(user, first)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await tokenOf(user, first)).toBeNull();
    expect(await tokenOf(user, second.toUpperCase())).toMatch(/^nvs_/);
  });

  it("is void once new ones were created", async () => {
    const { user, token, code, recoveryCodes } = await enrolled();
    const proof = { password: user.password, code: code() };
    const { data } = await change("regenerateRecoveryCodes", proof, "recoveryCodes", token);
    expect(data.regenerateRecoveryCodes.userErrors).toEqual([]);
    expect(await tokenOf(user, recoveryCodes[0])).toBeNull();
    expect(await tokenOf(user, data.regenerateRecoveryCodes.recoveryCodes[0] as string)).toMatch(/^nvs_/);
  });
});

describe("enabling and disabling a second factor", () => {
  it("ends all sessions, and gives the requesting session a new token", async () => {
    const user = await makeUser(product.databases.auth, { tenantId });
    const [here, elsewhere] = [(await tokenOf(user)) as string, (await tokenOf(user)) as string];
    const begun = await change("beginTotp", { password: user.password }, "secret", here);
    const totp = new TOTP({ secret: Secret.fromBase32(begun.data.beginTotp.secret as string) });
    const code = (steps: number) => totp.generate({ timestamp: Date.now() + steps * 30_000 });
    const isUsable = async (token: string) => (await product.ask("{ me { id } }", {}, token)).status === 200;

    const refused = await change("confirmTotp", { code: "000000" }, "token session { id }", here);
    expect(refused.data.confirmTotp).toMatchObject({ token: null, session: null });
    expect(await isUsable(elsewhere)).toBe(true);
    const { data } = await change("confirmTotp", { code: code(-1) }, "token session { id user { id } }", here);
    expect(data.confirmTotp.session.user.id).toBe(user.id);
    const replaced = data.confirmTotp.token as string;
    expect(await Promise.all([here, elsewhere, replaced].map(isUsable))).toEqual([false, false, true]);

    const other = (await tokenOf(user, code(0))) as string;
    const input = { password: user.password, code: code(1) };
    const disabled = await change("disableTotp", input, "token session { id }", replaced);
    const last = disabled.data.disableTotp.token as string;
    expect(await Promise.all([replaced, other, last].map(isUsable))).toEqual([false, false, true]);
  });

  it("with an API key creates no session", async () => {
    const user = await makeUser(product.databases.auth, { tenantId });
    const { key } = await makeApiKey(product.databases.auth, { tenantId, userId: user.id });
    const begun = await change("beginTotp", { password: user.password }, "secret", key);
    const totp = new TOTP({ secret: Secret.fromBase32(begun.data.beginTotp.secret as string) });
    const { data } = await change("confirmTotp", { code: totp.generate() }, "token session { id }", key);
    expect(data.confirmTotp).toEqual({ token: null, session: null, userErrors: [] });
  });
});

describe("attack 42: a caller with only a session", () => {
  it("can neither replace nor remove the second factor, nor get recovery codes", async () => {
    const { user, token, code } = await enrolled();
    const wrongPassword = { password: "not the password", code: code() };
    const wrongCode = { password: user.password, code: "000000" };
    for (const name of ["disableTotp", "regenerateRecoveryCodes"]) {
      const first = await change(name, wrongPassword, "", token);
      expect(first.data[name].userErrors).toEqual([{ code: "INVALID_CREDENTIALS", field: ["password"] }]);
      const second = await change(name, wrongCode, "", token);
      expect(second.data[name].userErrors).toEqual([{ code: "MFA_CODE_INVALID", field: ["code"] }]);
    }
    const begun = await change("beginTotp", { password: "not the password" }, "secret", token);
    expect(begun.data.beginTotp.userErrors).toEqual([{ code: "INVALID_CREDENTIALS", field: ["password"] }]);
    expect((await signIn(user)).data.signIn.userErrors[0].code).toBe("MFA_REQUIRED");
  });

  it("can disable the second factor only with both password and code", async () => {
    const { user, token, code } = await enrolled();
    const { data } = await change("disableTotp", { password: user.password, code: code() }, "token", token);
    expect(data.disableTotp.userErrors).toEqual([]);
    expect(await tokenOf(user)).toMatch(/^nvs_/);
    const input = { code: code(1) };
    const confirmed = await change("confirmTotp", input, "recoveryCodes", data.disableTotp.token as string);
    expect(confirmed.data.confirmTotp.userErrors).toEqual([{ code: "MFA_NOT_STARTED", field: null }]);
  });
});
