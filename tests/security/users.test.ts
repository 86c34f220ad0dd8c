import { newId } from "#lib/uuid.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { accountsOf } from "./accounts.ts";
import { newPasswordsSuite } from "./new-passwords-suite.ts";

const fleet = fleetOf(1);
const other = fleetOf(2);
let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 3);
  await insertFleet(product.urls, 2, 3);
});
afterAll(() => product.stop());
beforeEach(() => product.signInLimits.forgetAddress("127.0.0.1"));

const { newUser, signIn, tokenOf, change } = accountsOf(() => product, fleet.tenantId);
const good = "a long enough sentence";

newPasswordsSuite(() => product);

describe("an administrator", () => {
  it("creates a user, who signs in with the generated password", async () => {
    const administrator = await tokenOf(await newUser("admin"));
    const input = { username: "new.colleague", email: "new.colleague@example.org", role: "OPERATOR" };
    const { data } = await change("createUser", input, "user { id username role } password", administrator);
    expect(data.createUser.userErrors).toEqual([]);
    expect(data.createUser.user).toMatchObject({ username: "new.colleague", role: "OPERATOR" });
    const answer = await signIn(input.email, data.createUser.password as string);
    const me = await product.ask(
      "{ me { permissions { permission because } } }",
      {},
      answer.data.signIn.token as string,
    );
    expect(me.data.me.permissions).toContainEqual({ permission: "vm:*", because: ["operator"] });
    const again = await change("createUser", input, "user { id }", administrator);
    expect(again.data.createUser.userErrors).toEqual([{ code: "NAME_TAKEN", field: null }]);
  });

  it.each([
    ["EMAIL_INVALID", { email: "nobody" }, "email"],
    ["EMAIL_INVALID", { email: `${"x".repeat(300)}@example.org` }, "email"],
    ["NAME_INVALID", { username: "-" }, "username"],
    ["NAME_INVALID", { username: "two words" }, "username"],
    ["PASSWORD_TOO_WEAK", { password: "short" }, "password"],
    ["PASSWORD_TOO_WEAK", { password: "somebody.else.1" }, "password"],
    ["PASSWORD_TOO_LONG", { password: "x".repeat(10_240) }, "password"],
  ])("is refused with %s for %j, and no user is created", async (code, wrong, field) => {
    const administrator = await tokenOf(await newUser("admin"));
    const input = { username: "somebody.else", email: "somebody.else@example.org", ...wrong };
    const { data } = await change("createUser", input, "user { id } password", administrator);
    expect(data.createUser).toEqual({ user: null, password: null, userErrors: [{ code, field: [field] }] });
    const found = await asOwner(product.urls.url("auth"), (sql) => sql`select from users where email = ${input.email}`);
    expect(found).toHaveLength(0);
  });

  it.each([
    ["in another case", { username: "Victim-Admin" }],
    ["in fullwidth letters", { username: "ｖictim-admin" }],
    ["with a letter that looks alike", { username: "v\u0131ctim-admin" }],
    ["with a small capital", { username: "\u1d20ictim-admin" }],
    ["and an address in another case", { email: "VICTIM-admin@Example.ORG" }],
  ])("case G41: is refused with NAME_TAKEN for a name of the tenant %s", async (_how, again) => {
    const administrator = await tokenOf(await newUser("admin"));
    const input = { username: "victim-admin", email: "victim-admin@example.org" };
    await change("createUser", input, "", administrator);
    const alike = { username: "another-name", email: "another-name@example.org", ...again };
    const { data } = await change("createUser", alike, "user { id }", administrator);
    expect(data.createUser).toEqual({ user: null, userErrors: [{ code: "NAME_TAKEN", field: null }] });
  });

  it.each([
    ["νίκος", "ΝΊΚΟΣ"],
    ["chloë", "сһӏоё"],
  ])("case G41: %s and %s count as one name when a user is created and signs in", async (username, again) => {
    const administrator = await tokenOf(await newUser("admin"));
    const made = (name: string, at: number) =>
      change(
        "createUser",
        { username: name, email: `greek-${username.length}-${at}-${newId()}@example.org`, password: good },
        "user { id }",
        administrator,
      );
    expect((await made(username, 1)).data.createUser.userErrors).toEqual([]);
    expect((await made(again, 2)).data.createUser.userErrors).toEqual([{ code: "NAME_TAKEN", field: null }]);
    expect((await signIn(again, good)).data.signIn.token).toMatch(/^nvs_/);
  });

  it.each([
    ["letters of several scripts", "v\u0456ctim-admin"],
    ["an apostrophe that counts as a letter", "victim\u02bcadmin"],
  ])("case G41: is refused with NAME_INVALID for %s, so that no name passes for another", async (_what, username) => {
    const administrator = await tokenOf(await newUser("admin"));
    const input = { username, email: "look-alike@example.org" };
    const { data } = await change("createUser", input, "user { id }", administrator);
    expect(data.createUser).toEqual({ user: null, userErrors: [{ code: "NAME_INVALID", field: ["username"] }] });
  });

  it("case G41: creates a user with the name and address of another tenant's user, and learns nothing of that user", async () => {
    const theirs = await newUser("viewer", other.tenantId);
    const administrator = await tokenOf(await newUser("admin"));
    const answers = [
      { username: theirs.username, email: theirs.email },
      { username: `${theirs.username}-2`, email: `2-${theirs.email}` },
    ].map((input) => change("createUser", { ...input, password: good }, "user { username } password", administrator));
    const [taken, free] = await Promise.all(answers);
    expect(taken?.data.createUser).toEqual({ user: { username: theirs.username }, password: null, userErrors: [] });
    expect(free?.data.createUser).toEqual({ ...taken?.data.createUser, user: { username: `${theirs.username}-2` } });
    // The user who had the name first signs in as before; the other one adds their tenant's name.
    expect((await signIn(theirs.username, theirs.password)).data.signIn.token).toMatch(/^nvs_/);
    for (const login of [`tenant 1/${theirs.username}`, `TENANT 1/${theirs.email.toUpperCase()}`])
      expect((await signIn(login, good)).data.signIn.token, login).toMatch(/^nvs_/);
    expect((await signIn(`tenant 2/${theirs.username}`, good)).data.signIn.token).toBeNull();
    expect((await signIn(`tenant 3/${theirs.username}`, good)).data.signIn.token).toBeNull();
  });

  it("case G41: signs in with name and address in any case", async () => {
    const user = await newUser();
    for (const login of [user.username.toUpperCase(), user.email.toUpperCase(), ` ${user.username} `])
      expect((await signIn(login, user.password)).data.signIn.token, login).toMatch(/^nvs_/);
  });

  it("disables and enables a user, and disabling ends the user's sessions", async () => {
    const user = await newUser();
    const token = await tokenOf(user);
    const administrator = await tokenOf(await newUser("admin"));
    const disabled = await change("disableUser", { id: user.id }, "user { disabledAt }", administrator);
    expect(disabled.data.disableUser.user.disabledAt).toEqual(expect.any(String));
    expect((await product.ask("{ me { id } }", {}, token)).status).toBe(401);
    expect((await signIn(user.email, user.password)).data.signIn.token).toBeNull();
    await change("enableUser", { id: user.id }, "user { disabledAt }", administrator);
    expect((await signIn(user.email, user.password)).data.signIn.token).toMatch(/^nvs_/);
  });

  it("changes no user of another tenant, who is NOT_FOUND", async () => {
    const theirs = await newUser("viewer", other.tenantId);
    const administrator = await tokenOf(await newUser("admin"));
    for (const [name, more] of [
      ["disableUser", {}],
      ["enableUser", {}],
      ["setUserRole", { role: "ADMIN" }],
    ] as const) {
      const { errors } = await change(name, { id: theirs.id, ...more }, "user { id }", administrator);
      expect(errors[0]?.extensions.code, name).toBe("NOT_FOUND");
    }
    expect((await signIn(theirs.email, theirs.password)).data.signIn.token).toMatch(/^nvs_/);
  });

  it("cannot be removed as the last one of the tenant, and of two who disable each other one remains", async () => {
    const tenantId = fleetOf(3).tenantId;
    await insertFleet(product.urls, 3, 1);
    const pair = [await newUser("admin", tenantId), await newUser("admin", tenantId)] as const;
    const tokens = [await tokenOf(pair[0]), await tokenOf(pair[1])] as const;
    const answers = await Promise.all([
      change("disableUser", { id: pair[1].id }, "user { id }", tokens[0]),
      change("disableUser", { id: pair[0].id }, "user { id }", tokens[1]),
    ]);
    const done = answers.filter(({ data }) => data?.disableUser?.user);
    expect(done).toHaveLength(1);
    const left = done[0] === answers[0] ? 0 : 1;
    const alone = await change("setUserRole", { id: pair[left].id, role: "VIEWER" }, "user { id }", tokens[left]);
    const last = { user: null, userErrors: [{ code: "LAST_ADMINISTRATOR", field: null }] };
    expect(alone.data.setUserRole).toEqual(last);
    // The same id in upper case, as a client may write it.
    const shouted = await change("disableUser", { id: pair[left].id.toUpperCase() }, "user { id }", tokens[left]);
    expect(shouted.data.disableUser).toEqual(last);
  });
});

it("a caller who creates many users at once does not delay users who sign in", async () => {
  const [user, administrator] = [await newUser(), await tokenOf(await newUser("admin", other.tenantId))];
  let made = 0;
  const making = Array.from({ length: 24 }, async (_, at) => {
    const input = { username: `many-${at}`, email: `many-${at}@example.org` };
    const { data } = await change("createUser", input, "user { id }", administrator);
    expect(data.createUser.userErrors).toEqual([]);
    made += 1;
  });
  expect((await signIn(user.email, user.password)).data.signIn.token).toMatch(/^nvs_/);
  expect(made).toBeLessThan(12);
  await Promise.all(making);
});

it("no user gives another a role with rights that they lack themselves", async () => {
  const user = await newUser();
  const operator = await newUser("operator");
  await asOwner(
    product.urls.url("auth"),
    (sql) => sql`
      with made as (insert into roles (tenant_id, name, permissions) values (${fleet.tenantId}, 'people', '["user:*"]') returning id)
      insert into user_roles (user_id, role_id, tenant_id) select ${operator.id}, id, ${fleet.tenantId} from made`,
  );
  const token = await tokenOf(operator);
  const { data } = await change("setUserRole", { id: user.id, role: "ADMIN" }, "user { id }", token);
  expect(data.setUserRole.userErrors).toEqual([{ code: "SCOPE_EXCEEDS_RIGHTS", field: ["role"] }]);
  const allowed = await change("setUserRole", { id: user.id, role: "OPERATOR" }, "user { id role }", token);
  expect(allowed.data.setUserRole.user).toEqual({ id: user.id, role: "OPERATOR" });
});
