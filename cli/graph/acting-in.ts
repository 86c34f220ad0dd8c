import { failure, type Gateway, query } from "./gateway.ts";

/** A gateway with a credential that acts in the tenant that a command wants. */
export interface OpenedGateway {
  gateway: Gateway;
  /** Ends the session, where one had to be begun. */
  close(): Promise<void>;
}

interface Tenant {
  id: string;
  name: string;
}

/**
 * Returns the gateway with a credential that acts in a tenant: the given one where it does, and otherwise a session of the administrator.
 * @param tenant its name or its id
 * @throws Error TENANT_MISMATCH, TENANT_UNKNOWN, or that of the sign-in
 */
export async function actingIn(
  gateway: Gateway,
  tenant: string,
  administrator: { email: string; password: string } | undefined,
): Promise<OpenedGateway> {
  const isMeant = ({ id, name }: Tenant) => id === tenant || name === tenant;
  // A key that acts in the platform's tenant may see all tenants; every other one sees the one that it acts in.
  const { tenants } = await query<{ tenants: { nodes: Tenant[] } }>(
    gateway,
    "{ tenants(first: 2) { nodes { id name } } }",
    {},
  );
  const [own, other] = tenants.nodes;
  if (own && !other && isMeant(own)) return { gateway, close: async () => undefined };
  if (!administrator)
    throw failure(
      "TENANT_MISMATCH",
      `The key does not act in ${tenant}, and a key acts in one tenant: give one that was made with \`novacron key create … --acts-in ${tenant}\`.`,
    );
  const credentials = { login: administrator.email, password: administrator.password };
  const first = await signIn({ ...gateway, key: "" }, credentials);
  const found = first.tenants.find(isMeant);
  if (!found) {
    await signOut({ ...gateway, key: first.token });
    throw failure("TENANT_UNKNOWN", `There is no tenant ${tenant} that the administrator may act in.`);
  }
  // The second session replaces the first one.
  const { token } = await signIn({ ...gateway, key: first.token }, { ...credentials, tenantId: found.id });
  const opened = { ...gateway, key: token };
  return { gateway: opened, close: () => signOut(opened).catch(() => undefined) };
}

interface SignedIn {
  signIn: { token: string | null; tenants: Tenant[] | null; userErrors: { code: string; message: string }[] };
}

async function signIn(gateway: Gateway, input: object): Promise<{ token: string; tenants: Tenant[] }> {
  const document = `mutation ($input: SignInInput!) { signIn(input: $input) { token tenants { id name } userErrors { code message } } }`;
  const { token, tenants, userErrors } = (await query<SignedIn>(gateway, document, { input })).signIn;
  const [error] = userErrors;
  if (token === null)
    throw failure(
      error?.code ?? "UNAUTHENTICATED",
      `The administrator of admin.json cannot sign in: ${error?.message}`,
    );
  return { token, tenants: tenants ?? [] };
}

const signOut = async (gateway: Gateway): Promise<void> =>
  void (await query(gateway, "mutation { signOut { userErrors { code } } }", {}));
