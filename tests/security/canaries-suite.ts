import { getNamedType, isLeafType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultTenantName, madeTenantId } from "#subgraphs/auth/tenants/default-tenant.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { oneOf } from "#tests/harness/extent.ts";
import { redisProgram } from "#tests/harness/redis-server.ts";
import { asOwner } from "#tests/harness/server.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { novacron } from "#tests/running/command.ts";
import { faultsOf, tableGone } from "./canaries/breaking.ts";
import { Client, shownOnce } from "./canaries/client.ts";
import { type HostileRequest, hostileRequests } from "./canaries/hostile-requests.ts";
import { exerciseSecrets } from "./canaries/exercise-secrets.ts";
import { databaseOutputs } from "./canaries/outputs.ts";
import { rawRequests } from "./canaries/raw-requests.ts";
import { socketRequests } from "./canaries/socket-requests.ts";
import { type Output, Secrets } from "./canaries/secrets.ts";
import { fleet, type SeededProduct, startSeeded } from "./canaries/seeded-product.ts";
import { selectionOf, waysTo } from "./selections.ts";

const supergraph = productSupergraph();
const { apiSchema } = supergraph;
const requestsAtOnce = 40;

type Kind = "answers" | "lines of the log" | "rows" | "figures" | "traces" | "contents of Redis" | "output of commands";

const linesOf = (where: string, text: string): Output[] => text.split("\n").map((line) => ({ where, text: line }));
/** Tables without which a request fails, and the log reports it. */
const needed = new Set(["users", "user_sessions", "api_keys", "password_resets", "recovery_codes", "auth_audit_log"]);

const secretName = /token|secret|password|key$|code|uri$|ticket/i;

export interface Traffic {
  /** Sends one of this many of the generated requests. */
  share: number;
  /** The tables of the auth database that refuse every write once. */
  refusing: readonly string[];
}

/**
 * Looks for secrets in everything that the product outputs or stores. It runs as in production: in a process of its own, at its most verbose log level. Its
 * traffic is generated from the schema, so a field that is added later is queried, and its arguments hold secrets.
 */
export function canariesSuite({ share, refusing }: Traffic): void {
  const secrets = new Secrets();
  /** Planted where a leak would be, which proves that a search which finds nothing could have found something. */
  const planted = new Secrets();
  let outputs: Record<Kind, Output[]>;
  let product: SeededProduct;
  let client: Client;

  beforeAll(async () => {
    product = await startSeeded(secrets);
    client = new Client(product.url, secrets);
    const valid = await exerciseSecrets(client, secrets, await product.newPerson());
    // Infrastructure is for users of the platform only, who do not see the tenant's data.
    for (const key of [valid.key, product.platformKey]) await askForEverything(key);
    await askWithSecrets(valid.key);
    for (const secret of [secrets.mark("a secret in no place"), valid.token, valid.key])
      for (const { what, ...options } of rawRequests(secret)) await client.send(what, options);

    for (const fault of faultsOf(product.databases, product.databaseUser, refusing)) {
      const person = await product.newPerson();
      await client.moveElsewhere();
      await fault(async () => {
        await exerciseSecrets(client, secrets, person);
      });
    }
    const plant = planted.mark("planted");
    // The answer and the log name a field that fails. Its table is none of those by which callers are identified, because on a busy machine cached
    // identities may have expired.
    const named = `{ x${plant}: authAuditLog(first: 1) { nodes { id } } }`;
    await tableGone(
      product.databases,
      "auth_audit_log",
    )(async () => void (await client.ask("a name", named, {}, valid.key)));
    await asOwner(product.databases.url("auth"), async (sql) => {
      const text = Buffer.from(`in base64: ${plant}`).toString("base64");
      await sql`insert into auth_audit_log (tenant_id, action, success, error_message) values (${fleet.tenantId}, 'x', true, ${text})`;
    });

    const commands = await wordsOfCommands();
    const figures = [{ where: "the figures", text: await product.figures() }];
    const contents = await product.redisOutputs();
    await product.loseRedis();
    await client.moveElsewhere();
    await exerciseSecrets(client, secrets, await product.newPerson());
    const { rows, kept } = await databaseOutputs(product.databases);
    // Salt, hash and sealed text are watched separately. The product generates no part this short.
    for (const { where, text } of kept)
      for (const part of text.split(/[$.]/)) if (part.length >= 20) secrets.watch(where, part);
    outputs = {
      answers: client.answers,
      rows,
      figures,
      "contents of Redis": contents,
      "output of commands": commands,
      "lines of the log": linesOf("the log", await product.stop()),
      traces: linesOf("the traces", product.traces()),
    };
  }, 180_000);
  afterAll(async () => {
    await client.close();
    await product.clean();
  });

  /** Queries every field of every type, on objects that exist. */
  async function askForEverything(key: string): Promise<void> {
    for (const [type, way] of oneOf(share, [...waysTo(supergraph, fleet)])) {
      const leaves = Object.values(type.getFields()).filter(({ type: of }) => !isObjectType(getNamedType(of)));
      await client.ask(String(type), way.ask(leaves.map((field) => selectionOf(field)).join(" ")), {}, key);
    }
  }

  async function askWithSecrets(key: string): Promise<void> {
    const secret = secrets.mark("a secret in the wrong place");
    const all = [...hostileRequests(apiSchema, secret)];
    const isLive = ({ query }: HostileRequest) => query.startsWith("subscription");
    client.answers.push(...(await socketRequests(product.url, all.filter(isLive), { key, secret })));
    const requests = oneOf(
      share,
      all.filter((request) => !isLive(request)),
    );
    for (let at = 0; at < requests.length; at += requestsAtOnce) {
      await client.moveElsewhere();
      const some = requests.slice(at, at + requestsAtOnce);
      await Promise.all(some.map(({ what, query, variables }) => client.ask(what, query, variables, key)));
    }
  }

  async function wordsOfCommands(): Promise<Output[]> {
    const { env } = product;
    const wrongUrl = {
      DATABASE_URL_AUTH: `mysql://auth:${secrets.mark("the password of another database")}@127.0.0.1/auth`,
    };
    const wrongPassword = (env["DATABASE_URL_AUTH"] ?? "").replace("@", `${secrets.mark("a wrong password")}@`);
    const ended = await Promise.all([
      novacron(["audit", "verify"], env),
      novacron(["start", "--port", "0"], { ...env, ...wrongUrl, NOVACRON_PEPPER: secrets.mark("a short pepper") }),
      novacron(["migrate"], { ...env, DATABASE_URL_AUTH: wrongPassword }),
    ]);
    expect(ended.map(({ code }) => code)).toEqual([0, 1, 1]);
    return ended.flatMap(({ stdout, stderr }) => linesOf("a command", stdout + stderr));
  }

  const textOf = (kind: Kind): string => outputs[kind].map(({ text }) => text).join("\n");

  describe("attack 57: secrets are never in", () => {
    it.each<Kind>([
      "answers",
      "lines of the log",
      "rows",
      "figures",
      "traces",
      "contents of Redis",
      "output of commands",
    ])("%s", (kind) => {
      expect(secrets.find(outputs[kind])).toEqual([]);
    });

    it("any of these without being found", () => {
      for (const kind of ["answers", "lines of the log", "rows"] as const)
        expect(new Set(planted.find(outputs[kind]).map(({ secret }) => secret)), kind).toEqual(new Set(["planted"]));
      expect(outputs.rows.some(({ where, text }) => /entity_changes_/.test(where) && text.includes('"User"'))).toBe(
        true,
      );
      expect(textOf("figures")).toContain("# TYPE novacron_");
      for (const attribute of ["db.query.text", "graphql.operation.type", "error.type"])
        expect(textOf("traces")).toContain(attribute);
      expect(textOf("lines of the log")).toContain('"traceId":"');
      expect(textOf("output of commands")).toContain("CONFIGURATION_INVALID");
      if (redisProgram) expect(outputs["contents of Redis"].length).toBeGreaterThan(1);
    });

    it.each([
      ["in capital letters", (text: string) => text.toUpperCase()],
      ["in hexadecimal", (text: string) => Buffer.from(text).toString("hex")],
      ["in base64", (text: string) => Buffer.from(`ab${text}`).toString("base64")],
      ["percent-encoded", (text: string) => text.replaceAll(/./g, (each) => `%${each.charCodeAt(0).toString(16)}`)],
      ["by half", (text: string) => `${text}${text}`.slice(0, 20)],
    ])("a text %s without being found", (_form, written) => {
      const own = new Secrets();
      const secret = own.mark("own");
      expect(own.find([{ where: "here", text: `before ${written(secret)} after` }])).not.toEqual([]);
      expect(own.find([{ where: "here", text: "something else of some length" }])).toEqual([]);
    });
  });

  it.skipIf(!redisProgram)("attack 33: every key in Redis contains its tenant, or belongs to no tenant", () => {
    const ofNoTenant = [
      // Belongs to an address whose tenant is not known yet. Ids of users are unique in the installation.
      /^novacron:sign-in-address:[\d.]+$/,
      // Belongs to a login of no user, identified by its hash.
      /^novacron:sign-in-login:[\d.]+:[0-9a-f]{64}$/,
      /^novacron:sign-in-code:[0-9a-f-]{36}$/,
      // The product's own consumers follow these, and filter them for each subscriber.
      /^novacron:events:/,
    ];
    const keys = outputs["contents of Redis"].map(({ text }) => text.split(" ")[0] ?? "");
    const withTenant = keys.filter((key) =>
      [fleet.tenantId, platformTenantId, madeTenantId(defaultTenantName)].some((tenant) => key.includes(tenant)),
    );
    expect(withTenant.length).toBeGreaterThan(1);
    expect(keys.filter((key) => !withTenant.includes(key) && !ofNoTenant.some((known) => known.test(key)))).toEqual([]);
  });

  describe("the traffic that was searched", () => {
    it("went over sockets, where some requests were answered and some closed the socket", () => {
      const received = outputs.answers.filter(({ where }) => where.includes("socket")).map(({ text }) => text);
      for (const part of ["connection_ack", "BAD_USER_INPUT", '"cursors":{"', "1000 ", "4400 ", "4403 "])
        expect([part, received.some((text) => text.includes(part))]).toEqual([part, true]);
    });

    it("created every secret that is ever shown", () => {
      const shown = outputs.answers.filter(({ text }) => text.includes("shown once")).map(({ text }) => text);
      for (const coordinate of shownOnce) {
        const [field, part] = coordinate.split(".");
        expect(
          shown.some((text) => text.includes(`"${field}":{`) && text.includes(`"${part}":"shown once"`)),
          coordinate,
        ).toBe(true);
      }
    });

    it("logged every injected fault", () => {
      const log = textOf("lines of the log");
      expect(log).toContain('relation \\"users\\" does not exist');
      for (const table of refusing.filter((name) => needed.has(name)))
        expect(log).toContain(`new row for relation \\"${table}\\" violates check constraint`);
      expect(log).toContain("is not permitted to log in");
      if (redisProgram) expect(log).toContain("the connection to Redis failed");
    });

    it("covers every field of a mutation's payload whose name suggests a secret", () => {
      const mutations = Object.values(apiSchema.getMutationType()?.getFields() ?? {});
      const named = mutations.flatMap(({ name, type }) => {
        const payload = getNamedType(type);
        const fields = isObjectType(payload) ? Object.values(payload.getFields()) : [];
        // What an object shows is also shown without the mutation, by its type. Secrets are values of the payload itself.
        return fields
          .filter((field) => isLeafType(getNamedType(field.type)) && secretName.test(field.name))
          .map((field) => `${name}.${field.name}`);
      });
      expect(named.toSorted()).toEqual(shownOnce.toSorted());
    });
  });
}
