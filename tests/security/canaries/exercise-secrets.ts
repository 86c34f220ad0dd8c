import { randomUUID } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import type { TestUser } from "#tests/harness/credentials.ts";
import type { Client } from "./client.ts";
import type { Secrets } from "./secrets.ts";

const userErrors = "userErrors { code message field }";

/**
 * Creates everything that is made from secrets, proved by them, or replaces others, in the order of a user's life: the user's own password, sessions,
 * keys and second factor, and those of another user that they create.
 * @returns the credentials that are valid at the end
 */
export async function exerciseSecrets(
  client: Client,
  secrets: Secrets,
  person: TestUser,
): Promise<{ token: string; key: string }> {
  const change = (name: string, input: object, fields: string, token?: string) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${userErrors} } }`;
    return client.ask(name, query, { input }, token).then((data) => data?.[name] ?? {});
  };
  const newPassword = () => `${secrets.mark("a new password")} and more`;
  const signIn = async (login: string, password: string, code?: string) =>
    (await change("signIn", { login, password, ...(code ? { code } : {}) }, "token session { id }")).token as string;

  const { email: login } = person;
  let { password } = person;
  let token = await signIn(login, password);
  const keyInput = { name: "a key", scopes: ["*"], rateLimitPerMinute: 100_000 };
  const first = await change("createApiKey", keyInput, "key apiKey { id }", token);
  const { key } = await change("rotateApiKey", { id: first.apiKey?.id, overlap: "PT1H" }, "key replaced { id }", token);
  await client.ask("createConnectionTicket", `mutation { createConnectionTicket { ticket ${userErrors} } }`, {}, token);

  const changed = newPassword();
  const inPlace = await change("changePassword", { currentPassword: password, newPassword: changed }, "token", token);
  if (inPlace.token) [token, password] = [inPlace.token, changed];

  const { secret } = await change("beginTotp", { password }, "secret uri", token);
  if (secret) {
    const totp = new TOTP({ secret: Secret.fromBase32(secret as string) });
    const confirmed = await change("confirmTotp", { code: totp.generate() }, "recoveryCodes token", token);
    const [one, other] = confirmed.recoveryCodes ?? [];
    token = confirmed.token ?? token;
    await signIn(login, password, one);
    const again = await change("regenerateRecoveryCodes", { password, code: other }, "recoveryCodes", token);
    const disabled = await change("disableTotp", { password, code: again.recoveryCodes?.[0] }, "token", token);
    token = disabled.token ?? token;
  }

  const name = `guest-${randomUUID().slice(0, 8)}`;
  const guest = { username: name, email: `${name}@example.org` };
  const made = await change("createUser", guest, "user { id } password", token);
  await change(
    "createUser",
    { username: `${name}-2`, email: `2${guest.email}`, password: newPassword() },
    "user { id }",
    token,
  );
  if (made.password) await signIn(name, made.password as string);
  const reset = await change("createPasswordReset", { userId: made.user?.id }, "code expiresAt", token);
  const resetTo = newPassword();
  await change("resetPassword", { login: name, code: reset.code, newPassword: resetTo }, "");
  const guestToken = await signIn(name, resetTo);
  await client.ask("signOut", `mutation { signOut { session { id } ${userErrors} } }`, {}, guestToken);
  return { token, key: key as string };
}
