import { Secret, TOTP } from "otpauth";
import { getNamedType, type GraphQLField, isLeafType, isObjectType } from "graphql";
import type { AnsweredData } from "#tests/harness/answers.ts";

/** One mutation, as it is sent many times at once. */
export interface Prepared {
  input?: Record<string, unknown>;
  /** The administrator's key when absent. */
  token?: string | undefined;
  /** How many copies change something: a number, or a minimum and a maximum. */
  done: number | [least: number, most: number];
  /** The codes that the other copies may return. */
  otherwise?: readonly string[];
}

type Prepare = (world: World, times: number) => Promise<Prepared> | Prepared;

/** Codes of a password proof that is sent many times at once: further attempts may be refused while some are being verified. */
const refusedProof = ["INVALID_CREDENTIALS", "UNAUTHENTICATED", "MFA_CODE_INVALID"];
const theUser = ({ person }: World) => ({ userId: person.id });

/**
 * The input of each mutation of the graph, in an order in which none affects the next. The last two may cause so many failures that nothing from
 * their address can sign in for a while.
 */
export const mutations: Readonly<Record<string, Prepare>> = {
  createRole: (_, times) => ({
    input: { name: "made at once", permissions: ["vm:read"] },
    done: 1,
    otherwise: times > 1 ? ["NAME_TAKEN"] : [],
  }),
  updateRole: async (world, times) => ({ input: { id: await world.role(), description: "changed" }, done: times }),
  deleteRole: async (world) => ({ input: { id: await world.role() }, done: 1, otherwise: ["NOT_FOUND"] }),
  grantRole: async (world, times) => ({ input: { ...theUser(world), roleId: await world.role() }, done: times }),
  revokeRole: async (world, times) => {
    const input = { ...theUser(world), roleId: await world.role() };
    await world.must("grantRole", input);
    return { input, done: times };
  },
  createUser: () => ({
    input: { username: "made.at.once", email: "made.at.once@example.org" },
    done: 1,
    otherwise: ["NAME_TAKEN"],
  }),
  setUserRole: (world, times) => ({ input: { ...theUser(world), role: "OPERATOR" }, done: times }),
  disableUser: (world) => ({ input: theUser(world), done: 1, otherwise: ["NOT_FOUND"] }),
  enableUser: async (world) => {
    const { id: userId } = await world.newUser();
    await world.must("disableUser", { userId });
    return { input: { userId }, done: 1, otherwise: ["NOT_FOUND"] };
  },
  revokeUserSessions: (world, times) => ({ input: theUser(world), done: times }),
  revokeSession: async (world) => {
    const { sessionId: id } = await world.session();
    return { input: { id }, done: 1, otherwise: ["NOT_FOUND"] };
  },
  createConnectionTicket: (_, times) => ({ done: times }),
  redeemConnectionTicket: async (world, times) => {
    const { ticket } = await world.must("createConnectionTicket");
    return { input: { ticket }, done: times };
  },
  recordDenial: ({ person, tenantId }, times) => {
    const who = { userId: person.id, username: person.username, tenantId, userTenantId: tenantId };
    return { input: { ...who, permissions: ["vm:delete"] }, done: times };
  },
  createApiKey: (_, times) => ({ input: { name: "made at once", scopes: ["vm:read"] }, done: times }),
  rotateApiKey: async (world) => ({
    input: { id: await world.apiKey(), overlap: "PT0S" },
    done: 1,
    otherwise: ["NOT_FOUND"],
  }),
  revokeApiKey: async (world) => ({ input: { id: await world.apiKey() }, done: 1, otherwise: ["NOT_FOUND"] }),
  createTenant: ({ operator }) => ({
    input: { name: "made-at-once", quota: { maxVmCount: 3 } },
    token: operator,
    done: 1,
    otherwise: ["NAME_TAKEN"],
  }),
  updateTenant: async (world, times) => ({
    input: { id: await world.tenant(), description: "changed" },
    token: world.operator,
    done: times,
  }),
  setTenantQuota: async (world, times) => ({
    input: { tenantId: await world.tenant(), quota: { maxVmCount: 4 } },
    token: world.operator,
    done: times,
  }),
  disableTenant: async (world, times) => ({ input: { id: await world.tenant() }, token: world.operator, done: times }),
  enableTenant: async (world, times) => {
    const id = await world.tenant();
    await world.must("disableTenant", { id }, world.operator);
    return { input: { id }, token: world.operator, done: times };
  },
  createPasswordReset: async (world, times) => ({ input: { userId: (await world.newUser()).id }, done: times }),
  signOut: async (world, times) => {
    const { token } = await world.session();
    return { token, done: [1, times], otherwise: ["UNAUTHENTICATED"] };
  },
  changePassword: async (world, times) => {
    const { token, user } = await world.session();
    const input = { currentPassword: user.password, newPassword: "another long enough one" };
    return { input, token, done: [1, times], otherwise: refusedProof };
  },
  beginTotp: async (world, times) => {
    const { token, user } = await world.session();
    return { input: { password: user.password }, token, done: [1, times], otherwise: refusedProof };
  },
  confirmTotp: async (world) => {
    const { token, code } = await world.begunTotp();
    return { input: { code }, token, done: 1, otherwise: [...refusedProof, "MFA_IN_USE"] };
  },
  regenerateRecoveryCodes: async (world) => {
    const { token, user, recoveryCodes } = await world.enrolled();
    const input = { password: user.password, code: recoveryCodes[0] };
    return { input, token, done: 1, otherwise: refusedProof };
  },
  disableTotp: async (world) => {
    const { token, user, recoveryCodes } = await world.enrolled();
    const input = { password: user.password, code: recoveryCodes[0] };
    return { input, token, done: 1, otherwise: [...refusedProof, "MFA_NOT_STARTED"] };
  },
  signIn: async (world, times) => {
    const { email: login, password } = await world.newUser();
    return { input: { login, password }, token: "", done: [1, times], otherwise: [...refusedProof, "RATE_LIMITED"] };
  },
  resetPassword: async (world) => {
    const { id: userId, email: login } = await world.newUser();
    const { code } = await world.must("createPasswordReset", { userId });
    const newPassword = "another long enough one";
    return { input: { login, code, newPassword }, token: "", done: 1, otherwise: ["RESET_CODE_INVALID"] };
  },
};

/** The mutations that hash or verify a password. */
export const hashing: ReadonlySet<string> = new Set([
  "createUser",
  "resetPassword",
  "signIn",
  "changePassword",
  "beginTotp",
  "regenerateRecoveryCodes",
  "disableTotp",
]);

/** The graph that mutations are sent to. */
export interface Target {
  /** The field of each mutation, by its name. */
  fields: ReadonlyMap<string, GraphQLField<unknown, unknown>>;
  /** A key of a user of the platform, who acts in this tenant and has all rights. */
  operator: string;
  tenantId: string;
  send(name: string, query: string, variables: Record<string, unknown>, token: string): Promise<AnsweredData>;
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
  /** An API key of an administrator. */
  key = "";
  /** A user whose roles and sessions are changed. */
  person: User = { id: "", username: "", email: "", password: "" };
  readonly #target: Target;
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
  async send(name: string, { input, token = this.key }: Pick<Prepared, "input" | "token">): Promise<AnsweredData> {
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

  async role(): Promise<string> {
    const made = await this.must("createRole", { name: `role ${(this.#count += 1)}`, permissions: ["vm:read"] });
    return made.role.id as string;
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
    return { ...made, id: user.id as string };
  }

  async session(of?: User): Promise<{ token: string; sessionId: string; user: User }> {
    const user = of ?? (await this.newUser());
    const { token, session } = await this.must("signIn", { login: user.email, password: user.password }, "");
    return { token, sessionId: session.id, user };
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

/** Returns the first code in an answer, or `done`. */
export function outcomeOf(name: string, { data, errors }: AnsweredData): string {
  const [userError] = (data?.[name]?.userErrors ?? []) as { code: string }[];
  return errors[0]?.extensions.code ?? userError?.code ?? "done";
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
    return [`${field.name} { ${wanted.join(" ")} ${isReadAgain ? "tenant { id name }" : ""} }`];
  });
  const input = args[0]?.type;
  return input
    ? `mutation Sent($input: ${String(input)}) { ${name}(input: $input) { ${selected.join(" ")} } }`
    : `mutation Sent { ${name} { ${selected.join(" ")} } }`;
}
