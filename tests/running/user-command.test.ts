import { afterAll, beforeAll, expect, test } from "vitest";
import { domains } from "#db/columns.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { novacron } from "./command.ts";

let product: TestProduct;
const { tenantId } = fleetOf(1);
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 1);
});
afterAll(() => product.stop());

const user = (...args: string[]) =>
  novacron(
    ["user", ...args, "--json"],
    Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, product.urls.url(domain)])),
  );
const signIn = async (login: string, password: string) =>
  (
    await product.ask(
      "mutation ($input: SignInInput!) { signIn(input: $input) { token session { user { tenant { id } } } } }",
      { input: { login, password } },
    )
  ).data.signIn;

test("novacron user makes somebody who can sign in, and gives him a new password", async () => {
  const made = await user("create", "ada", "--email", "ada@example.org", "--tenant", "tenant 1", "--role", "admin");
  expect(made.code).toBe(0);
  const { password } = JSON.parse(made.stdout) as { password: string };
  expect((await signIn("ada", password)).session.user.tenant.id).toBe(tenantId);
  const { code } = JSON.parse((await user("reset-password", "ada")).stdout) as { code: string };
  const newPassword = "another long sentence";
  const { data } = await product.ask(
    "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }",
    { input: { login: "ada", code, newPassword } },
  );
  expect(data.resetPassword.userErrors).toEqual([]);
  expect((await signIn("ada", newPassword)).token).toMatch(/^nvs_/);
});

test("novacron user says what it cannot do, with a code", async () => {
  for (const [args, code] of [
    [["create", "x y", "--email", "x@example.org"], "NAME_INVALID"],
    [["create", "grace", "--email", "grace@example.org", "--tenant", "none"], "TENANT_UNKNOWN"],
    [["disable", "nobody"], "NOT_FOUND"],
  ] as const) {
    const ended = await user(...args);
    expect([ended.code, ended.stdout]).toEqual([1, ""]);
    expect(ended.stderr).toContain(`${code}: `);
  }
});
