import { Secret, TOTP } from "otpauth";
import { getNamedType, type GraphQLField, isLeafType, isObjectType } from "graphql";
import type { Domain } from "#db/columns.ts";
import type { OperationState } from "#lib/operations/record.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import type { AnsweredData } from "#tests/harness/answers.ts";
import type { TestDatabases } from "#tests/harness/server.ts";
import { insertNode } from "./node-row.ts";
import { insertOperation } from "./operation-row.ts";
import { type InsertedVm, insertVm } from "./vm-row.ts";

/** A mutation, as it is sent. */
export interface Sent {
  input?: Record<string, unknown> | undefined;
  /** The administrator's key when absent. */
  token?: string | undefined;
}

/** The graph that mutations are sent to. */
export interface Target {
  /** The field of each mutation, by its name. */
  fields: ReadonlyMap<string, GraphQLField<unknown, unknown>>;
  /** A key of a user of the platform, who acts in this tenant and has all rights. */
  operator: string;
  tenantId: string;
  /** The only administrator of the platform tenant, with a key that acts there. */
  lastAdministrator?: { id: string; token: string };
  /** The databases, for what no mutation makes. Without them there are no operations. */
  urls?: Pick<TestDatabases, "url">;
  send(name: string, query: string, variables: Record<string, unknown>, token: string): Promise<AnsweredData>;
  ask(query: string, variables: Record<string, unknown>, token: string): Promise<AnsweredData>;
}

interface User {
  id: string;
  username: string;
  email: string;
  password: string;
}

/** The users of one tenant, created through the graph, and the objects that are created for each mutation. */
export class World {
  readonly tenantId: string;
  readonly operator: string;
  /** The role `admin`, which a migration inserts. */
  readonly builtInRole = "00000000-0000-7000-8000-000000000101";
  /** A tenant in which no user of this one may act. */
  readonly otherTenantId = fleetOf(2).tenantId;
  /** An API key of an administrator. */
  key = "";
  /** A user whose roles and sessions are changed. */
  person: User = { id: "", username: "", email: "", password: "" };
  readonly #target: Target;
  readonly #users = new Map<string, User>();
  #count = 0;

  private constructor(target: Target) {
    this.#target = target;
    this.tenantId = target.tenantId;
    this.operator = target.operator;
  }

  static async of(target: Target): Promise<World> {
    const world = new World(target);
    const { token } = await world.session(await world.newUser("ADMIN"));
    const input = { name: "of a test", scopes: ["*"], rateLimitPerMinute: 100_000 };
    world.key = (await world.must("createApiKey", input, token)).key;
    world.person = await world.newUser();
    return world;
  }

  /** Sends a mutation, as the administrator unless another token is given. */
  async send(name: string, { input, token = this.key }: Sent): Promise<AnsweredData> {
    const field = this.#target.fields.get(name);
    if (!field) throw new Error(`There is no mutation ${name}.`);
    return this.#target.send(name, documentOf(field), input ? { input } : {}, token);
  }

  /** Returns the payload of a mutation; throws unless it succeeds. */
  async must(name: string, input?: Record<string, unknown>, token = this.key) {
    const answer = await this.send(name, { ...(input ? { input } : {}), token });
    const outcome = outcomeOf(name, answer);
    if (outcome !== "done") throw new Error(`${name} answered ${outcome}: ${JSON.stringify(answer.errors)}`);
    return answer.data[name];
  }

  /** Returns an object as the administrator sees it: `read("user", id, "role")`. */
  async read(field: string, id: unknown, selection: string): Promise<AnsweredData["data"]> {
    const query = `query ($id: ID!) { ${field}(id: $id) { ${selection} } }`;
    const { data, errors } = await this.#target.ask(query, { id }, this.key);
    if (errors.length > 0) throw new Error(`${query} answered ${JSON.stringify(errors)}`);
    return data[field];
  }

  get lastAdministrator(): { id: string; token: string } {
    const { lastAdministrator } = this.#target;
    if (!lastAdministrator) throw new Error("This product has no tenant with one administrator.");
    return lastAdministrator;
  }

  async role(): Promise<string> {
    const made = await this.must("createRole", { name: `role ${(this.#count += 1)}`, permissions: ["vm:read"] });
    return made.role.id as string;
  }

  /** Returns an empty node that takes VMs. */
  node(): Promise<string> {
    const { urls } = this.#target;
    if (!urls) throw new Error("The databases of this product are not known.");
    return insertNode(urls);
  }

  /** Returns a VM that has no machine. */
  vm(given: Omit<InsertedVm, "tenantId"> = {}): Promise<string> {
    const { urls } = this.#target;
    if (!urls) throw new Error("The databases of this product are not known.");
    return insertVm(urls, { tenantId: this.tenantId, ownerId: this.person.id, ...given });
  }

  /** Returns an operation that no worker will claim. */
  operation(domain: Domain, state: OperationState, attempted: readonly string[] = []): Promise<string> {
    const { urls } = this.#target;
    if (!urls) throw new Error("The databases of this product are not known.");
    return insertOperation(urls, domain, { tenantId: this.tenantId, state, attempted });
  }

  async apiKey(): Promise<string> {
    const made = await this.must("createApiKey", { name: "of a test", scopes: ["vm:read"] });
    return made.apiKey.id as string;
  }

  async tenant(): Promise<string> {
    const made = await this.must("createTenant", { name: `tenant-${(this.#count += 1)}` }, this.operator);
    return made.tenant.id as string;
  }

  async newUser(role = "USER"): Promise<User> {
    const username = `user-${(this.#count += 1)}`;
    const made = { username, email: `${username}@example.org`, password: "correct horse battery staple" };
    const { user } = await this.must("createUser", { ...made, role }, this.operator);
    const created = { ...made, id: user.id as string };
    this.#users.set(created.id, created);
    return created;
  }

  /** Whether a user that this world created can sign in. A failure counts as one of theirs. */
  async canSignIn(id: unknown): Promise<boolean> {
    const { email: login, password } = this.#users.get(String(id)) ?? this.person;
    return outcomeOf("signIn", await this.send("signIn", { input: { login, password }, token: "" })) === "done";
  }

  async session(of?: User): Promise<{ token: string; sessionId: string; user: User }> {
    const user = of ?? (await this.newUser());
    const { token, session } = await this.must("signIn", { login: user.email, password: user.password }, "");
    return { token, sessionId: session.id, user };
  }

  /** Returns the token of a user who has no more rights than the role `user`. */
  async sessionToken(): Promise<string> {
    return (await this.session()).token;
  }

  async begunTotp(): Promise<{ token: string; user: User; code: string }> {
    const { token, user } = await this.session();
    const { secret } = await this.must("beginTotp", { password: user.password }, token);
    return { token, user, code: new TOTP({ secret: Secret.fromBase32(secret as string) }).generate() };
  }

  async enrolled(): Promise<{ token: string; user: User; recoveryCodes: string[] }> {
    const { token, user, code } = await this.begunTotp();
    return { user, ...(await this.must("confirmTotp", { code }, token)) };
  }
}

/** Returns the first code in an answer. Without one: `NOTHING` for a payload whose fields are all null, otherwise `done`. */
export function outcomeOf(name: string, { data, errors }: AnsweredData): string {
  const { userErrors = [], ...fields } = (data?.[name] ?? {}) as { userErrors?: { code: string }[] };
  const code = errors[0]?.extensions.code ?? userErrors[0]?.code;
  if (code) return code;
  const values = Object.values(fields);
  return values.length > 0 && values.every((value) => value === null) ? "NOTHING" : "done";
}

/** Returns a document that selects the whole payload, and each object with its tenant, so that reads follow the write. */
function documentOf({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const payload = getNamedType(type);
  if (!isObjectType(payload)) throw new Error(`${name} has no payload.`);
  const selected = Object.values(payload.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    if (isLeafType(named)) return [field.name];
    if (!isObjectType(named)) return [];
    const wanted = ["id", "code", "credentialId"].filter((each) => each in named.getFields());
    const isReadAgain = "tenant" in named.getFields();
    return [`${field.name} { __typename ${wanted.join(" ")} ${isReadAgain ? "tenant { id name }" : ""} }`];
  });
  const input = args[0]?.type;
  return input
    ? `mutation Sent($input: ${String(input)}) { ${name}(input: $input) { ${selected.join(" ")} } }`
    : `mutation Sent { ${name} { ${selected.join(" ")} } }`;
}
