import { randomUUID } from "node:crypto";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeUser } from "#tests/harness/credentials.ts";
import type { TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

/** Attempts to sign in that are refused, each for another reason. All but one have the correct password. */
export interface RefusedSignIns {
  kinds: readonly string[];
  /** @returns the whole response without its date and request id */
  attempt(kind: string): Promise<string>;
  /** Restores the state of every user, for the next round. */
  restore(): Promise<void>;
}

export async function refusedSignIns(product: TestProduct): Promise<RefusedSignIns> {
  const [enabled, disabled] = [fleetOf(1).tenantId, fleetOf(2).tenantId];
  await insertFleet(product.urls, 1, 1);
  await insertFleet(product.urls, 2, 1);
  const auth = product.databases.auth;
  const people = {
    "a wrong password": await makeUser(auth, { tenantId: enabled }),
    "a locked user": await makeUser(auth, { tenantId: enabled }),
    "a disabled user": await makeUser(auth, { tenantId: enabled }),
    "a user of a disabled tenant": await makeUser(auth, { tenantId: disabled }),
  };
  const owner = (statement: string) => asOwner(product.urls.url("auth"), (sql) => sql.unsafe(statement));
  await owner(`update users set locked_until = now() + interval '1 day' where id = '${people["a locked user"].id}'`);
  await owner(`update users set disabled_at = now() where id = '${people["a disabled user"].id}'`);
  await owner(`update tenants set enabled = false where id = '${disabled}'`);
  return {
    kinds: ["an unknown user", ...Object.keys(people)],
    attempt: async (kind) => {
      const person = people[kind as keyof typeof people] as (typeof people)["a locked user"] | undefined;
      const login = person?.email ?? `user-${randomUUID().slice(-12)}@example.org`;
      const password = kind === "a wrong password" ? "not the password at all, no" : "correct horse battery staple";
      const response = await fetch(product.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          query:
            "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code message field } } }",
          variables: { input: { login, password } },
        }),
      });
      const ofThisRequest = ["date", "x-request-id"];
      const headers = [...response.headers].filter(([name]) => !ofThisRequest.includes(name));
      return JSON.stringify([response.status, headers, await response.text()]);
    },
    restore: async () => {
      // The unknown user is a different one in each round, so only the known users would reach the limit of a login.
      for (const { id, tenantId } of Object.values(people))
        await product.signInLimits.forgive("127.0.0.1", `${tenantId}:${id}`);
      await product.signInLimits.forgetAddress("127.0.0.1");
      await owner(
        `update users set failed_login_attempts = 0, locked_until = null where id = '${people["a wrong password"].id}'`,
      );
    },
  };
}
