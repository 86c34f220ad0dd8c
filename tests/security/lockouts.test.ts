import type { Keyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { anonymous } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";
import { signIn as useCase } from "#subgraphs/auth/sign-in/sign-in.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import {
  makeApiKey,
  makeUser,
  testEncryptionKeys,
  testKeyEnvironment,
  testPepper,
  type TestUser,
} from "#tests/harness/credentials.ts";
import { type AnsweredData, answerOf } from "#tests/harness/answers.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

const fleet = fleetOf(1);
let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true, behindProxy: true });
  await insertFleet(product.urls, 1, 3);
});
afterAll(() => product.stop());

const mutation = `mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }`;
const wrongPassword = "not the password";

async function askFrom(address: string, query: string, variables: object = {}, token?: string): Promise<AnsweredData> {
  const response = await fetch(product.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-forwarded-for": `192.0.2.66, ${address}`,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
  return answerOf({ body: await response.text() });
}
/** Returns "signed in", or the code of the refusal. */
async function outcome(address: string, login: string, password: string): Promise<string> {
  const { data, errors } = await askFrom(address, mutation, { input: { login, password } });
  if (data?.signIn?.token) return "signed in";
  return (errors[0]?.extensions.code ?? data.signIn.userErrors[0].code) as string;
}
const newUser = () => makeUser(product.databases.auth, { tenantId: fleet.tenantId });
const row = async ({ id }: TestUser): Promise<{ failed: number; locked: boolean; addresses: string[] }> => {
  const rows = await asOwner(
    product.urls.url("auth"),
    (owner) => owner<{ failed: number; locked: boolean; addresses: string[] }[]>`
      select failed_login_attempts as failed, coalesce(locked_until > now(), false) as locked,
        array(select address_hash from sign_in_addresses where user_id = users.id order by 1) as addresses
      from users where id = ${id}`,
  );
  return rows[0] as { failed: number; locked: boolean; addresses: string[] };
};
/** Makes the last write of a sign-in fail, as a full disk does. */
async function fillDisk(): Promise<() => Promise<unknown>> {
  const owner = (statement: string) => asOwner(product.urls.url("auth"), (sql) => sql.unsafe(statement));
  await owner(`create function no_room() returns trigger language plpgsql as
    $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$`);
  await owner("create trigger no_room before insert on auth_audit_log for each row execute function no_room()");
  let isFull = true;
  const makeRoom = async () => {
    if (isFull) await owner("drop function no_room cascade");
    isFull = false;
  };
  onTestFinished(makeRoom);
  return makeRoom;
}

describe("case G40: of attempts to sign in, only a wrong password counts", () => {
  it("twelve correct ones at once all sign in", async () => {
    const user = await newUser();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => outcome("203.0.113.10", user.email, user.password)),
    );
    expect(outcomes).toEqual(outcomes.map(() => "signed in"));
    expect(await row(user)).toMatchObject({ failed: 0, locked: false });
  });

  it("a full disk after the password was verified uses up no attempt, neither of the account nor of the address", async () => {
    const user = await newUser();
    const makeRoom = await fillDisk();
    for (let at = 0; at < 6; at += 1)
      expect(await outcome("203.0.113.11", user.email, user.password)).toBe("STORAGE_FULL");
    expect(await row(user)).toMatchObject({ failed: 0, locked: false });
    await makeRoom();
    expect(await outcome("203.0.113.11", user.email, user.password)).toBe("signed in");
  });

  it("correct ones sign in however they interleave with four wrong ones, and a success resets the count of the wrong ones", async () => {
    const user = await newUser();
    const passwords = [...Array<string>(6).fill(user.password), ...Array<string>(4).fill(wrongPassword)];
    const outcomes = await Promise.all(
      passwords.map(async (password, at) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
        return outcome(`198.51.100.${at}`, user.email, password);
      }),
    );
    expect(outcomes.slice(0, 6)).toEqual(Array(6).fill("signed in"));
    expect(outcomes.slice(6)).toEqual(Array(4).fill("INVALID_CREDENTIALS"));
    expect((await row(user)).failed).toBeLessThanOrEqual(4);
    expect(await outcome("198.51.100.251", user.email, user.password)).toBe("signed in");
    expect(await row(user)).toMatchObject({ failed: 0, locked: false });
  });

  it("of many wrong ones at once in two processes, each process tries one before the account is locked", async () => {
    const user = await newUser();
    await asOwner(
      product.urls.url("auth"),
      (owner) => owner`update users set failed_login_attempts = 20, locked_until = now() where id = ${user.id}`,
    );
    const services = () => ({
      database: product.databases.auth,
      system: product.system,
      unawaited: product.databases.auth,
      hasher: new PasswordHasher(),
      limits: new SignInLimits(),
      pepper: testPepper,
      encryptionKeys: new Replaceable<Keyring>(testEncryptionKeys),
      environment: testKeyEnvironment,
    });
    const request = { identity: anonymous, requestId: newId(), deadline: Date.now() + 60_000 };
    const tries = [services(), services()].flatMap((each) =>
      Array.from({ length: 6 }, () => useCase(each, request, { login: user.email, password: wrongPassword })),
    );
    await Promise.all(tries);
    const { failed, locked } = await row(user);
    expect(failed).toBeGreaterThan(20);
    expect(failed).toBeLessThanOrEqual(22);
    expect(locked).toBe(true);
  });
});

describe("case G46: an address that a user has signed in from", () => {
  const [home, hotel, attacker] = ["203.0.113.1", "203.0.113.2", "198.51.100.1"];
  const lockOut = async (user: TestUser) => {
    for (let at = 0; at < 5; at += 1) await outcome(attacker, user.email, wrongPassword);
    // Makes the lock as long as further attempts would.
    await asOwner(
      product.urls.url("auth"),
      (owner) => owner`update users set locked_until = now() + interval '15 minutes' where id = ${user.id}`,
    );
  };

  it("lets the user in while attempts from elsewhere have locked the account, and another address does not", async () => {
    const user = await newUser();
    expect(await outcome(home, user.email, user.password)).toBe("signed in");
    await lockOut(user);
    expect(await outcome(hotel, user.email, user.password)).toBe("INVALID_CREDENTIALS");
    expect(await outcome(home, user.email, user.password)).toBe("signed in");
    // Signing in at home does not reset the lock for other addresses.
    expect((await row(user)).locked).toBe(true);
  });

  it("has a lock of its own after five wrong attempts, and the account stays unlocked", async () => {
    const user = await newUser();
    await outcome(home, user.email, user.password);
    for (let at = 0; at < 5; at += 1)
      expect(await outcome(home, user.email, wrongPassword)).toBe("INVALID_CREDENTIALS");
    await asOwner(
      product.urls.url("auth"),
      (owner) => owner`update sign_in_addresses set locked_until = locked_until + interval '15 minutes'
        where user_id = ${user.id} and failed_attempts = 5`,
    );
    expect(await outcome(home, user.email, user.password)).toBe("INVALID_CREDENTIALS");
    expect(await row(user)).toMatchObject({ failed: 0, locked: false });
  });

  it("is forgotten after 90 days, after a change of password, and after sixteen newer ones", async () => {
    const user = await newUser();
    await outcome(home, user.email, user.password);
    await asOwner(
      product.urls.url("auth"),
      (owner) =>
        owner`update sign_in_addresses set last_sign_in_at = now() - interval '90 days 1 second' where user_id = ${user.id}`,
    );
    await lockOut(user);
    expect(await outcome(home, user.email, user.password)).toBe("INVALID_CREDENTIALS");

    const other = await newUser();
    await outcome(home, other.email, other.password);
    await asOwner(
      product.urls.url("auth"),
      (owner) => owner`insert into sign_in_addresses (user_id, tenant_id, address_hash)
        select ${other.id}, ${other.tenantId}, 'another ' || i from generate_series(1, 15) i`,
    );
    const { data } = await askFrom("203.0.113.117", mutation, {
      input: { login: other.email, password: other.password },
    });
    expect((await row(other)).addresses).toHaveLength(16);
    await lockOut(other);
    expect(await outcome(home, other.email, other.password)).toBe("INVALID_CREDENTIALS");
    const newPassword = "a long enough sentence";
    await askFrom(
      "203.0.113.117",
      "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }",
      { input: { currentPassword: other.password, newPassword } },
      data.signIn.token as string,
    );
    expect((await row(other)).addresses).toHaveLength(1);
  });

  it("is stored as a hash that differs for each user", async () => {
    const users = [await newUser(), await newUser()] as const;
    for (const user of users) await outcome(home, user.email, user.password);
    const hashes = await Promise.all(users.map(async (user) => (await row(user)).addresses[0]));
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("case G39: lets the user in while the address has no attempts left, and reveals to no other client there that it is known", async () => {
    const shared = "203.0.113.77";
    const [regular, guest] = [await newUser(), await newUser()];
    await outcome(shared, regular.email, regular.password);
    for (let at = 0; at < 50; at += 1) await product.signInLimits.countWrong(shared, `somebody ${at}`);
    const outcomes = [
      await outcome(shared, "nobody@example.org", wrongPassword),
      await outcome(shared, guest.email, guest.password),
      await outcome(shared, regular.email, wrongPassword),
    ];
    expect(outcomes).toEqual(["RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]);
    expect(await outcome(shared, regular.email, regular.password)).toBe("signed in");
    expect(await outcome("203.0.113.78", guest.email, guest.password)).toBe("signed in");
  });
});

it("case G39: the audit log records the address that a trusted proxy reports, over HTTP and over a socket", async () => {
  const user = await newUser();
  const { data } = await askFrom("2001:db8:0:0:0:0:0:1", mutation, {
    input: { login: user.email, password: user.password },
  });
  const sockets = createClient({
    url: product.url.replace("http", "ws"),
    webSocketImpl: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: { "x-forwarded-for": "192.0.2.66, 203.0.113.5" } });
      }
    },
    connectionParams: { authorization: `Bearer ${data.signIn.token as string}` },
  });
  onTestFinished(() => sockets.dispose());
  const answers = sockets.iterate({
    query: mutation,
    variables: { input: { login: user.email, password: wrongPassword } },
  });
  await answers.next();
  const entries = await asOwner(
    product.urls.url("auth"),
    (owner) => owner`
      select host(ip_address) as address, success from auth_audit_log where user_id = ${user.id} order by seq`,
  );
  expect([...entries]).toEqual([
    { address: "2001:db8::1", success: true },
    { address: "203.0.113.5", success: false },
  ]);
});

describe("unlockUser", () => {
  const query = "mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { user { id } userErrors { code } } }";
  const lock = ({ id }: TestUser) =>
    asOwner(
      product.urls.url("auth"),
      (owner) =>
        owner`update users set failed_login_attempts = 6, locked_until = now() + interval '1 hour' where id = ${id}`,
    );
  const keyOf = async ({ id }: TestUser): Promise<string> =>
    (await makeApiKey(product.databases.auth, { tenantId: fleet.tenantId, userId: id })).key;
  const administrator = () => makeUser(product.databases.auth, { tenantId: fleet.tenantId, role: "admin" });

  it("ends the lock of another user", async () => {
    const user = await newUser();
    await lock(user);
    expect(await outcome("203.0.113.70", user.email, user.password)).toBe("INVALID_CREDENTIALS");
    const { data } = await askFrom(
      "203.0.113.71",
      query,
      { input: { id: user.id } },
      await keyOf(await administrator()),
    );
    expect(data.unlockUser).toEqual({ user: { id: user.id }, userErrors: [] });
    expect(await outcome("203.0.113.70", user.email, user.password)).toBe("signed in");
  });

  it("leaves the caller's own account as it is: its owner must not reset the limit on guesses of the password", async () => {
    const user = await administrator();
    await lock(user);
    const { data } = await askFrom("203.0.113.72", query, { input: { id: user.id } }, await keyOf(user));
    expect(data.unlockUser).toEqual({ user: { id: user.id }, userErrors: [] });
    expect(await row(user)).toMatchObject({ failed: 6, locked: true });
  });
});
