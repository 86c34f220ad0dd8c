import { makeUser, type TestUser, type UserOptions } from "#tests/harness/credentials.ts";
import type { Answer, TestProduct } from "#tests/harness/product.ts";

/**
 * Returns what a test needs to sign users in and to change accounts.
 * @param product of the tests that call the functions
 * @param tenantId of new users, unless a test names another
 */
export function accountsOf(product: () => TestProduct, tenantId: string) {
  const newUser = (role: NonNullable<UserOptions["role"]> = "viewer", of = tenantId): Promise<TestUser> =>
    makeUser(product().databases.auth, { tenantId: of, role });
  /** Sends a mutation `name` that returns these fields in addition to its user errors. */
  const change = (name: string, input: object, fields: string, token?: string): Promise<Answer> => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code field } } }`;
    return product().ask(query, { input }, token);
  };
  /** @param actsInTenantId the tenant that a user of the platform chooses */
  const signIn = (login: string, password: string, actsInTenantId?: string): Promise<Answer> =>
    product().ask("mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }", {
      input: { login, password, tenantId: actsInTenantId },
    });
  const tokenOf = async ({ email, password }: TestUser, actsInTenantId?: string): Promise<string> =>
    (await signIn(email, password, actsInTenantId)).data.signIn.token as string;
  return { newUser, change, signIn, tokenOf };
}
