import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { readEnvironment } from "#runtime/environment.ts";
import { type Keys, makeKeys, requireKeys } from "#runtime/keys/keys.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { readProviderCredentials, writeProviderCredentials } from "#db/federation/provider-credentials.ts";
import { open, seal, sealedUnder } from "#lib/trust/sealed-secret.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

/** More than two batches of a rotation. */
export const secretsOfUsers = 450;
const credentials = '{"accessKey":"of the cloud"}';

/** Databases with secrets in every sealed column, and a data folder with the keys that seal them. */
export class SealedFleet {
  readonly tenantId = randomUUID();
  readonly #folders: string[] = [];
  env: Record<string, string> = {};
  providerId = "";

  readonly clones: TestDatabases;
  readonly auth: postgres.Sql;
  readonly federation: postgres.Sql;
  readonly service: Database;
  readonly systems: { auth: Database; federation: Database };

  private constructor(given: Pick<SealedFleet, "clones" | "auth" | "federation" | "service" | "systems">) {
    ({ clones: this.clones, auth: this.auth, federation: this.federation } = given);
    ({ service: this.service, systems: this.systems } = given);
  }

  static async open(of: readonly Domain[] = domains): Promise<SealedFleet> {
    const clones = await cloneDatabases(of);
    const sql = (domain: Domain) => postgres(clones.url(domain), { max: 1, onnotice: () => undefined });
    const system = (domain: Domain) => openDatabase({ domain, url: clones.url(domain), as: "system" });
    const service = await openDatabase({ domain: "federation", url: clones.url("federation") });
    const systems = { auth: await system("auth"), federation: await system("federation") };
    const fleet = new SealedFleet({ clones, auth: sql("auth"), federation: sql("federation"), service, systems });
    await fleet.auth`insert into tenants (id, name) values (${fleet.tenantId}, ${fleet.tenantId})`;
    return fleet;
  }

  /** Creates new keys in a new folder, and new secrets under them. */
  async renew(): Promise<void> {
    const dataDir = mkdtempSync(join(tmpdir(), "rotation-"));
    this.#folders.push(dataDir);
    this.env = { NOVACRON_DATA_DIR: dataDir };
    makeKeys(dataDir);
    const { encryptionKeys } = this.keys();
    await this.auth`delete from users`;
    const rows = Array.from({ length: secretsOfUsers }, (_, at) => {
      const id = randomUUID();
      return { id, name: `user ${at}`, sealed: seal(encryptionKeys, this.#placeOf(id), `secret of ${id}`) };
    });
    await this.auth`
      insert into users (id, tenant_id, username, email, password_hash, mfa_secret)
      select id, ${this.tenantId}, name, id || '@example.com', 'x', sealed
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as given (id uuid, name text, sealed text)`;
    this.providerId = randomUUID();
    await this.federation`delete from cloud_providers`;
    await this.federation`
      insert into cloud_providers (id, tenant_id, name, provider_type)
      values (${this.providerId}, ${this.tenantId}, 'cloud', 'aws')`;
    await this.service.write({ tenantId: this.tenantId }, (tx) =>
      writeProviderCredentials(tx, encryptionKeys, this.providerId, credentials),
    );
  }

  keys(): Keys {
    return requireKeys(readEnvironment(this.env));
  }

  async sealedUnderNewest(): Promise<number> {
    const prefix = sealedUnder(this.keys().encryptionKeys[0].id);
    const [row] = await this.auth<{ count: number }[]>`
      select count(*)::int as count from users where starts_with(mfa_secret, ${prefix})`;
    return row?.count ?? 0;
  }

  /** Returns the secrets that are missing, or do not open with the current keys. */
  async lost(): Promise<string[]> {
    const { encryptionKeys } = this.keys();
    const users = await this.auth<{ id: string; sealed: string }[]>`select id, mfa_secret as sealed from users`;
    const right = users.filter(
      ({ id, sealed }) => open(encryptionKeys, this.#placeOf(id), sealed) === `secret of ${id}`,
    );
    const read = await this.service.write({ tenantId: this.tenantId }, (tx) =>
      readProviderCredentials(tx, encryptionKeys, this.providerId),
    );
    return [
      ...(right.length === secretsOfUsers ? [] : [`${secretsOfUsers - right.length} secrets of users`]),
      ...(read === credentials ? [] : ["the provider's credentials"]),
    ];
  }

  async close(): Promise<void> {
    const { service, systems, auth, federation } = this;
    await Promise.all([
      service.close(),
      systems.auth.close(),
      systems.federation.close(),
      auth.end(),
      federation.end(),
    ]);
    await this.clones.drop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }

  #placeOf(row: string) {
    return { tenantId: this.tenantId, table: "users", row, column: "mfa_secret" };
  }
}
