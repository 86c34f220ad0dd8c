import { getNamedType, isObjectType } from "graphql";
import { Secret, TOTP } from "otpauth";
import postgres from "postgres";
import { domains } from "#db/columns.ts";
import { newSessionToken, tokenHash } from "#lib/trust/credentials.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { seal } from "#lib/trust/sealed-secret.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { newId } from "#lib/uuid.ts";
import { PasswordHasher } from "#subgraphs/auth/passwords/password-hasher.ts";
import { insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, testEncryptionKeys } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { both, type Rights, rightsOf } from "./model.ts";
import { tenants } from "./tenants.ts";

export const password = "correct horse battery staple";

export type DefaultRole = "admin" | "operator" | "user" | "viewer";

export interface Account {
  id: string;
  username: string;
  tenantId: string;
  /** The permissions of all its roles. */
  permissions: readonly string[];
  rights: Rights;
}

/** The credential that a request is sent with. */
export interface Held {
  kind: "session" | "api_key";
  id: string;
  token: string;
  account: Account;
  /** A session has all scopes. */
  scopes: readonly string[];
  /** The tenant that it acts in. */
  tenantId: string;
  rights: Rights;
}

export interface Answer {
  /** The code of the error or of the first user error, or `DONE`. */
  outcome: string;
  data: Readonly<Record<string, unknown>> | null;
}

const service: Identity = { kind: "service", id: "gateway", tenantId: platformTenantId, permissions: [] };
const identify = `query ($token: String!) { validToken: validateToken(token: $token) {
  kind credentialId userId username userTenantId tenantId permissions } }`;
const secrets: Readonly<Record<string, string>> = {
  createApiKey: "key",
  rotateApiKey: "key",
  createPasswordReset: "code",
};

/** The subgraphs of a product, and rows of its auth database as a test needs them. */
export class World {
  readonly product: TestProduct;
  readonly auth: Subgraph;
  readonly sql: postgres.Sql;
  /** A connection to each database, whose events it reads. */
  readonly #outboxes: readonly postgres.Sql[];
  readonly #passwordHash: string;
  readonly #builtIn: ReadonlyMap<string, readonly string[]>;

  static async open(): Promise<World> {
    const product = await bootProduct({ authenticates: true });
    await Promise.all([1, 2].map((number) => insertFleet(product.urls, number, 1)));
    const sql = postgres(product.urls.url("auth"), { max: 4, onnotice: () => undefined });
    const roles = await sql<{ name: string; permissions: string[] }[]>`
      select name, permissions from roles where tenant_id is null`;
    const builtIn = new Map(roles.map(({ name, permissions }) => [name, permissions]));
    const world = new World(product, sql, await new PasswordHasher().hash(password), builtIn);
    // Keeps one administrator in each tenant, so that no other account is the last one.
    for (const tenantId of Object.values(tenants)) await world.account(tenantId, "admin");
    return world;
  }

  private constructor(
    product: TestProduct,
    sql: postgres.Sql,
    passwordHash: string,
    builtIn: ReadonlyMap<string, readonly string[]>,
  ) {
    this.product = product;
    this.sql = sql;
    this.#outboxes = domains.map((domain) => postgres(product.urls.url(domain), { max: 1, onnotice: () => undefined }));
    this.#passwordHash = passwordHash;
    this.#builtIn = builtIn;
    this.auth = product.subgraphs.find(({ name }) => name === "auth") as Subgraph;
  }

  async close(): Promise<void> {
    await Promise.all([this.sql, ...this.#outboxes].map((sql) => sql.end({ timeout: 5 })));
    await this.product.stop();
  }

  permissionsOf(role: DefaultRole): readonly string[] {
    return this.#builtIn.get(role) ?? [];
  }

  /** @param more the permissions of a tenant's own role, which is granted */
  async account(tenantId: string, role: DefaultRole, more: readonly string[] = []): Promise<Account> {
    const id = newId();
    const username = `user-${id}`;
    await this.sql`
      insert into users (id, tenant_id, username, email, password_hash, role)
      values (${id}, ${tenantId}, ${username}, ${`${username}@example.org`}, ${this.#passwordHash}, ${role})`;
    if (more.length > 0) await this.grant({ id, tenantId }, await this.role(tenantId, more));
    const permissions = [...this.permissionsOf(role), ...more];
    return { id, username, tenantId, permissions, rights: rightsOf(permissions) };
  }

  async role(tenantId: string, permissions: readonly string[]): Promise<string> {
    const id = newId();
    await this.sql`
      insert into roles (id, tenant_id, name, permissions)
      values (${id}, ${tenantId}, ${`role ${id}`}, ${this.sql.json([...permissions])})`;
    return id;
  }

  async grant({ id, tenantId }: Pick<Account, "id" | "tenantId">, roleId: string): Promise<void> {
    await this.sql`insert into user_roles (user_id, role_id, tenant_id) values (${id}, ${roleId}, ${tenantId})`;
  }

  async tenant(): Promise<string> {
    const id = newId();
    await this.sql`insert into tenants (id, name) values (${id}, ${`tenant-${id}`})`;
    return id;
  }

  async session(account: Account, actsIn: string = account.tenantId): Promise<Held> {
    const [id, token] = [newId(), newSessionToken()];
    await this.sql`
      insert into user_sessions (id, user_id, tenant_id, token_hash, expires_at, acts_in_tenant_id)
      values (${id}, ${account.id}, ${account.tenantId}, ${tokenHash(token)}, now() + interval '1 day',
        ${actsIn === account.tenantId ? null : actsIn})`;
    return { kind: "session", id, token, account, scopes: ["*"], tenantId: actsIn, rights: account.rights };
  }

  async key(account: Account, scopes: readonly string[], actsIn: string = account.tenantId, more = {}): Promise<Held> {
    const { id, key } = await makeApiKey(this.product.databases.auth, {
      tenantId: account.tenantId,
      userId: account.id,
      scopes,
      ...(actsIn === account.tenantId ? {} : { actsInTenantId: actsIn }),
      ...more,
    });
    const rights = both(rightsOf(scopes), account.rights);
    return { kind: "api_key", id, token: key, account, scopes, tenantId: actsIn, rights };
  }

  /** Sets up a second factor. @returns its current code */
  async secondFactor({ id, tenantId }: Account, isInUse: boolean): Promise<string> {
    const secret = new Secret({ size: 20 });
    const place = { tenantId, table: "users", row: id, column: "mfa_secret" };
    await this.sql`
      update users set mfa_secret = ${seal(testEncryptionKeys, place, secret.base32)}, mfa_enabled = ${isInUse}
      where id = ${id}`;
    return new TOTP({ secret, algorithm: "SHA1", digits: 6, period: 30 }).generate();
  }

  /** Returns the identity of a token, as the gateway receives it; undefined for an invalid token. */
  async identityOf(token: string): Promise<Identity | undefined> {
    const { data } = await this.#execute(service, identify, { token });
    const valid = data?.["validToken"] as Record<string, string> | null | undefined;
    if (!valid) return undefined;
    return {
      kind: "user",
      id: valid["userId"] as string,
      name: valid["username"],
      tenantId: valid["tenantId"] as string,
      permissions: valid["permissions"] as unknown as string[],
      credential: { kind: valid["kind"] === "SESSION" ? "session" : "api_key", id: valid["credentialId"] as string },
      ...(valid["userTenantId"] === valid["tenantId"] ? {} : { userTenantId: valid["userTenantId"] }),
    };
  }

  /** Sends a mutation as the gateway would. */
  async send({ token }: Pick<Held, "token">, name: string, input?: object): Promise<Answer> {
    const identity = await this.identityOf(token);
    if (!identity) return { outcome: "UNAUTHENTICATED", data: null };
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const subgraph = this.#subgraphOf(name);
    const payloadType = getNamedType(subgraph.schema.getMutationType()?.getFields()[name]?.type);
    // A mutation for services alone has no errors that a caller could correct.
    const hasErrors = isObjectType(payloadType) && "userErrors" in payloadType.getFields();
    const fields = `{ ${secrets[name] ?? ""} ${hasErrors ? "userErrors { code }" : "__typename"} }`;
    const query = input
      ? `mutation ($input: ${type}!) { payload: ${name}(input: $input) ${fields} }`
      : `mutation { payload: ${name} ${fields} }`;
    const { data, errors } = await this.#execute(identity, query, { input }, subgraph);
    const payload = data?.["payload"] as Record<string, unknown> | null | undefined;
    const problem = (payload?.["userErrors"] as { code: string }[] | undefined)?.[0]?.code;
    return { outcome: String(errors?.[0]?.extensions["code"] ?? problem ?? "DONE"), data: payload ?? null };
  }

  /** Returns a value that differs after each change that writes an event, and after each change of a user's proofs of identity. */
  async written(): Promise<string> {
    const events = await Promise.all(
      this.#outboxes.map((sql) => sql`select count(*)::text as count from outbox_events`),
    );
    const [row] = await this.sql<{ state: string }[]>`
      select concat_ws(' ', (select count(*) from auth_audit_log where success),
        (select md5(string_agg(code_hash, '' order by code_hash)) from password_resets),
        (select md5(string_agg(code_hash, '' order by code_hash)) from recovery_codes),
        (select md5(string_agg(mfa_secret, '' order by id)) from users)) as state`;
    return [row?.state, ...events.map(([outbox]) => String(outbox?.["count"]))].join(" ");
  }

  #subgraphOf(mutation: string): Subgraph {
    const has = ({ schema }: Subgraph) => mutation in (schema.getMutationType()?.getFields() ?? {});
    return this.product.subgraphs.find(has) ?? this.auth;
  }

  #execute(identity: Identity, query: string, variables: Record<string, unknown>, subgraph = this.auth) {
    return subgraph.execute({ query, variables }, { identity, requestId: "request", deadline: Date.now() + 30_000 });
  }
}
