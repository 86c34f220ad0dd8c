import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { type Answer, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

const fleet = fleetOf(1);
let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 3);
});
afterAll(() => product.stop());
// All tests come from one address; only one of them tests its limit.
beforeEach(() => product.signInLimits.forgetAddress("127.0.0.1"));

const newUser = (role: "admin" | "viewer" = "viewer") =>
  makeUser(product.databases.auth, { tenantId: fleet.tenantId, role });

const mutation = `mutation ($input: SignInInput!) { signIn(input: $input) {
  token session { id user { id username tenant { name } } } userErrors { code message field } } }`;
const signIn = (login: string, password: string): Promise<Answer> =>
  product.ask(mutation, { input: { login, password } });
const tokenOf = async (user: TestUser): Promise<string> =>
  (await signIn(user.email, user.password)).data.signIn.token as string;

const attempts = async (user: TestUser): Promise<{ failed: number; lockSeconds: number | null }> => {
  const [row] = await asOwner(
    product.urls.url("auth"),
    (owner) => owner<{ failed: number; lockSeconds: number | null }[]>`
      select failed_login_attempts as failed, extract(epoch from locked_until - now())::float8 as "lockSeconds" from users where id = ${user.id}`,
  );
  return row as { failed: number; lockSeconds: number | null };
};
const unlock = (user: TestUser) =>
  asOwner(product.urls.url("auth"), (owner) => owner`update users set locked_until = now() where id = ${user.id}`);

describe("a user", () => {
  it("signs in by address or by name, and the token identifies them", async () => {
    const user = await newUser();
    for (const login of [user.email, user.username]) {
      const { data, errors } = await signIn(login, user.password);
      expect(errors).toEqual([]);
      expect(data.signIn.userErrors).toEqual([]);
      expect(data.signIn.session.user).toEqual({ id: user.id, username: user.username, tenant: { name: "tenant 1" } });
      const me = await product.ask("{ me { id } vms(first: 3) { totalCount } }", {}, data.signIn.token as string);
      expect(me.data).toEqual({ me: { id: user.id }, vms: { totalCount: 3 } });
    }
  });

  it("has a password hash with the current parameters after signing in with an older one", async () => {
    const user = await newUser();
    const { hash } = await import("@node-rs/argon2");
    const older = await hash(user.password, { algorithm: 2, memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    const passwordHash = async () => {
      const [row] = await asOwner(
        product.urls.url("auth"),
        (owner) => owner<{ hash: string }[]>`select password_hash as hash from users where id = ${user.id}`,
      );
      return row?.hash;
    };
    await asOwner(
      product.urls.url("auth"),
      (owner) => owner`update users set password_hash = ${older} where id = ${user.id}`,
    );
    expect(await tokenOf(user)).toMatch(/^nvs_/);
    expect(await passwordHash()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await tokenOf(user)).toMatch(/^nvs_/);
  });
});

describe("attack 36: of twenty wrong attempts at once", () => {
  const wrong = (user: TestUser) => ({ login: user.email, password: "not the password" });

  it("in one document none is executed", async () => {
    const user = await newUser();
    const fields = Array.from({ length: 20 }, (_, at) => `a${at}: signIn(input: $input) { token userErrors { code } }`);
    const { data, errors } = await product.ask(`mutation ($input: SignInInput!) { ${fields.join(" ")} }`, {
      input: wrong(user),
    });
    expect(data).toBeNull();
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["ROOT_FIELD_LIMIT_EXCEEDED"]);
    expect((await attempts(user)).failed).toBe(0);
  });

  it("in parallel with the right password, at most six are counted", async () => {
    const user = await newUser();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => signIn(user.email, at < 19 ? "not the password" : user.password)),
    );
    expect(answers.map(({ data }) => data.signIn.userErrors[0]?.code)).toContain("INVALID_CREDENTIALS");
    expect((await attempts(user)).failed).toBeLessThanOrEqual(6);
  });

  it("sent as a batch none is executed", async () => {
    const user = await newUser();
    const body = JSON.stringify(
      Array.from({ length: 20 }, () => ({ query: mutation, variables: { input: wrong(user) } })),
    );
    const response = await fetch(product.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(400);
    expect((await attempts(user)).failed).toBe(0);
  });
});

it("the lock after the fifth wrong attempt doubles with each further one, and ends with the right password", async () => {
  const user = await newUser();
  const locks: number[] = [];
  for (let at = 1; at <= 8; at += 1) {
    await signIn(user.email, "not the password");
    locks.push(Math.ceil((await attempts(user)).lockSeconds ?? 0));
    await unlock(user);
  }
  expect(locks).toEqual([0, 0, 0, 0, 1, 2, 4, 8]);
  await tokenOf(user);
  expect(await attempts(user)).toEqual({ failed: 0, lockSeconds: null });
});

it("attack 37: a login that no user can have is refused like one that no user has", async () => {
  const unknown = await signIn("nobody@example.org", "not the password");
  expect(unknown.data.signIn).toMatchObject({ token: null, userErrors: [{ code: "INVALID_CREDENTIALS" }] });
  expect(await signIn("a\u0000b", "not the password")).toEqual(unknown);
});

describe("attack 43: a session", () => {
  it("is a new one after each sign-in, whatever token the request carried", async () => {
    const user = await newUser();
    const first = await tokenOf(user);
    const again = await product.ask(mutation, { input: { login: user.email, password: user.password } }, first);
    expect(again.data.signIn.token).not.toBe(first);
    expect((await product.ask("{ me { id } }", {}, again.data.signIn.token as string)).status).toBe(200);
    // An attacker who planted the old token has no access now.
    expect((await product.ask("{ me { id } }", {}, first)).status).toBe(401);
  });

  it("survives a failed sign-in with its token, and a sign-in elsewhere", async () => {
    const user = await newUser();
    const first = await tokenOf(user);
    await product.ask(mutation, { input: { login: user.email, password: "not the password" } }, first);
    await tokenOf(user);
    expect((await product.ask("{ me { id } }", {}, first)).status).toBe(200);
  });

  it("ends with sign-out, and its token is invalid", async () => {
    const token = await tokenOf(await newUser());
    const out = await product.ask("mutation { signOut { session { expiresAt } userErrors { code } } }", {}, token);
    expect(out.data.signOut.userErrors).toEqual([]);
    expect(new Date(out.data.signOut.session.expiresAt as string).getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    const after = await product.ask("{ me { id } }", {}, token);
    expect(after.status).toBe(401);
    expect(after.errors[0]?.extensions.code).toBe("UNAUTHENTICATED");
  });

  it("ends when its user is disabled, when its tenant is disabled, and after two hours without use", async () => {
    for (const ending of [
      (user: TestUser) => `update users set disabled_at = now() where id = '${user.id}'`,
      (user: TestUser) =>
        `update user_sessions set last_used_at = now() - interval '2 hours 1 second' where user_id = '${user.id}'`,
      (user: TestUser) => `update tenants set enabled = false where id = '${user.tenantId}'`,
    ]) {
      const user = await newUser();
      const token = await tokenOf(user);
      expect((await product.ask("{ me { id } }", {}, token)).status).toBe(200);
      await asOwner(product.urls.url("auth"), (owner) => owner.unsafe(ending(user)));
      expect((await product.ask("{ me { id } }", {}, token)).status).toBe(401);
    }
    await asOwner(product.urls.url("auth"), (owner) => owner`update tenants set enabled = true`);
  });

  it("lasts while it is used: each use within two hours of the last begins them anew", async () => {
    const user = await newUser();
    const token = await tokenOf(user);
    const idleFor = async () => {
      const [row] = await asOwner(
        product.urls.url("auth"),
        (owner) => owner<{ seconds: number }[]>`
          select extract(epoch from now() - last_used_at)::float8 as seconds from user_sessions where user_id = ${user.id}`,
      );
      return row?.seconds;
    };
    await asOwner(
      product.urls.url("auth"),
      (owner) =>
        owner`update user_sessions set last_used_at = now() - interval '119 minutes' where user_id = ${user.id}`,
    );
    expect(await idleFor()).toBeGreaterThan(7_000);
    expect((await product.ask("{ me { id } }", {}, token)).status).toBe(200);
    await expect.poll(idleFor).toBeLessThan(60);
  });

  it("of another user is NOT_FOUND for a user who may not end it, and ends for an administrator", async () => {
    const other = await newUser();
    const token = await tokenOf(other);
    const { data } = await product.ask("{ me { sessions { nodes { id } } } }", {}, token);
    const input = { id: data.me.sessions.nodes[0].id as string };
    const revoke = "mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { session { id } } }";
    const refused = await product.ask(revoke, { input }, await tokenOf(await newUser()));
    expect(refused.errors.map(({ extensions }) => extensions.code)).toEqual(["NOT_FOUND"]);
    expect((await product.ask("{ me { id } }", {}, token)).status).toBe(200);
    const done = await product.ask(revoke, { input }, await tokenOf(await newUser("admin")));
    expect(done.data.revokeSession.session).toEqual(input);
    expect((await product.ask("{ me { id } }", {}, token)).status).toBe(401);
  });
});

it("every sign-in and every failure is in the audit log of its tenant, with the request and without the password", async () => {
  const user = await newUser("admin");
  await signIn(user.email, "a wrong password");
  const token = await tokenOf(user);
  const { data } = await product.ask(
    "{ me { auditLog(first: 2) { nodes { action success errorMessage actorName ipAddress metadata } } } }",
    {},
    token,
  );
  expect(data.me.auditLog.nodes).toEqual([
    expect.objectContaining({
      action: "user.sign_in",
      success: true,
      actorName: user.username,
      ipAddress: "127.0.0.1",
    }),
    expect.objectContaining({ action: "user.sign_in", success: false, errorMessage: "INVALID_CREDENTIALS" }),
  ]);
  expect(data.me.auditLog.nodes[0].metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  const everything = await asOwner(product.urls.url("auth"), (owner) => owner`select * from auth_audit_log`);
  expect(JSON.stringify(everything)).not.toContain("a wrong password");
});

it("attack 38: an address with fifty failed attempts may not try any more users", async () => {
  const codes: string[] = [];
  for (let at = 0; at < 60; at += 1) {
    const { data, errors } = await signIn(`somebody-${at}@example.org`, "Summer2026!!");
    codes.push((errors[0]?.extensions.code ?? data?.signIn.userErrors[0].code) as string);
    if (codes.at(-1) === "RATE_LIMITED") expect(errors[0]?.extensions["retryAfter"]).toBeGreaterThan(0);
  }
  expect(codes.at(-1)).toBe("RATE_LIMITED");
  expect(codes.filter((code) => code === "INVALID_CREDENTIALS").length).toBeLessThanOrEqual(50);
});
