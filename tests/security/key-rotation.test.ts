import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readEnvironment } from "#cli/environment.ts";
import { readKeys } from "#cli/keys.ts";
import { type RotateOptions, rotateKeys } from "#cli/rotate-keys.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { readProviderCredentials, writeProviderCredentials } from "#db/federation/provider-credentials.ts";
import { open, seal, sealedUnder } from "#lib/sealed-secret.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

const tenantId = randomUUID();
const secretsOfUsers = 450;

let clones: TestDatabases;
let service: Database;
let systems: { auth: Database; federation: Database };
let auth: postgres.Sql;
let federation: postgres.Sql;
let env: Record<string, string>;

beforeAll(async () => {
  clones = await cloneDatabases(["auth", "federation"]);
  auth = postgres(clones.url("auth"), { max: 1, onnotice: () => undefined });
  federation = postgres(clones.url("federation"), { max: 1, onnotice: () => undefined });
  service = await openDatabase({ domain: "federation", url: clones.url("federation") });
  systems = {
    auth: await openDatabase({ domain: "auth", url: clones.url("auth"), as: "system" }),
    federation: await openDatabase({ domain: "federation", url: clones.url("federation"), as: "system" }),
  };
  await auth`insert into tenants (id, name) values (${tenantId}, ${tenantId})`;
});
afterAll(async () => {
  await Promise.all([service.close(), systems.auth.close(), systems.federation.close(), auth.end(), federation.end()]);
  await clones.drop();
});

const keys = () => readKeys(readEnvironment(env)).keys;
const rotate = (options: Partial<RotateOptions> = {}) =>
  rotateKeys(readEnvironment(env), systems, { signing: false, reseal: true, removeOld: false, ...options });
const placeOf = (row: string) => ({ tenantId, table: "users", row, column: "mfa_secret" });

let providerId: string;
beforeEach(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "rotation-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  env = { NOVACRON_DATA_DIR: dataDir };
  const { encryptionKeys } = keys();
  await auth`delete from users`;
  const rows = Array.from({ length: secretsOfUsers }, (_, at) => {
    const id = randomUUID();
    return { id, name: `user ${at}`, sealed: seal(encryptionKeys, placeOf(id), `secret of ${id}`) };
  });
  await auth`
    insert into users (id, tenant_id, username, email, password_hash, mfa_secret)
    select id, ${tenantId}, name, id || '@example.com', 'x', sealed
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as given (id uuid, name text, sealed text)`;
  providerId = randomUUID();
  await federation`delete from cloud_providers`;
  await federation`
    insert into cloud_providers (id, tenant_id, name, provider_type) values (${providerId}, ${tenantId}, 'cloud', 'aws')`;
  await service.write({ tenantId }, (tx) =>
    writeProviderCredentials(tx, encryptionKeys, providerId, '{"accessKey":"of the cloud"}'),
  );
});

const credentials = () =>
  service.write({ tenantId }, (tx) => readProviderCredentials(tx, keys().encryptionKeys, providerId));

async function expectNothingLost() {
  const users = await auth<{ id: string; sealed: string }[]>`select id, mfa_secret as sealed from users`;
  expect(users).toHaveLength(secretsOfUsers);
  const { encryptionKeys } = keys();
  expect(users.filter(({ id, sealed }) => open(encryptionKeys, placeOf(id), sealed) !== `secret of ${id}`)).toEqual([]);
  expect(await credentials()).toBe('{"accessKey":"of the cloud"}');
}

const sealedUnderNewest = async (): Promise<number> => {
  const prefix = sealedUnder(keys().encryptionKeys[0].id);
  const [row] = await auth<{ count: number }[]>`
    select count(*)::int as count from users where starts_with(mfa_secret, ${prefix})`;
  return row?.count ?? 0;
};

describe("the rotation of encryption keys", () => {
  it("puts a new key in front and seals every secret under it", async () => {
    const before = keys();
    const rotation = await rotate();
    expect(rotation).toMatchObject({ made: true, resealed: secretsOfUsers + 1, removed: [] });
    expect(keys()).toEqual({ ...before, encryptionKeys: [expect.anything(), ...before.encryptionKeys] });
    expect(keys().encryptionKeys[0].id).toBe(rotation.keyId);
    expect(await sealedUnderNewest()).toBe(secretsOfUsers);
    await expectNothingLost();
  });

  it("that was stopped in the middle goes on with the same key, and nothing is lost", async () => {
    const stop = rotate({
      onProgress: () => {
        throw new Error("stopped");
      },
    });
    await expect(stop).rejects.toThrow("stopped");
    const half = await sealedUnderNewest();
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(secretsOfUsers);
    await expectNothingLost();
    await expect(rotate({ removeOld: true, reseal: false })).rejects.toMatchObject({ code: "KEY_IN_USE" });

    expect(await rotate()).toMatchObject({ made: false, resealed: secretsOfUsers + 1 - half });
    expect(keys().encryptionKeys).toHaveLength(2);
    await expectNothingLost();
  });

  it("can make the key before anything is sealed under it", async () => {
    expect(await rotate({ reseal: false })).toMatchObject({ made: true, resealed: 0 });
    expect(await rotate()).toMatchObject({ made: false, resealed: secretsOfUsers + 1 });
    await expectNothingLost();
  });

  it("takes old keys away when nothing is under them any more", async () => {
    const [old] = keys().encryptionKeys;
    await rotate();
    expect(await rotate({ removeOld: true })).toMatchObject({ made: false, removed: [old.id] });
    expect(keys().encryptionKeys).toHaveLength(1);
    await expectNothingLost();
  });

  it("by two at once loses no key", async () => {
    await Promise.all([rotate(), rotate()]);
    await expectNothingLost();
  });

  it("leaves the file of keys whole, its owner's, and nothing beside it", async () => {
    await rotate();
    const folder = env["NOVACRON_DATA_DIR"] ?? "";
    expect(readdirSync(folder)).toEqual(["keys"]);
    expect(statSync(join(folder, "keys")).mode & 0o777).toBe(0o600);
  });

  it("seals under the first of the keys that the environment gives, and changes no file", async () => {
    const [{ id, secret }] = keys().encryptionKeys;
    const file = readFileSync(join(env["NOVACRON_DATA_DIR"] ?? "", "keys"), "utf8");
    env["NOVACRON_ENCRYPTION_KEYS"] = `of-env:${"e".repeat(43)},${id}:${secret}`;
    expect(await rotate()).toMatchObject({ made: false, keyId: "of-env", resealed: secretsOfUsers + 1 });
    await expectNothingLost();
    expect(readFileSync(join(env["NOVACRON_DATA_DIR"] ?? "", "keys"), "utf8")).toBe(file);
    await expect(rotate({ removeOld: true })).rejects.toMatchObject({ code: "KEYS_GIVEN" });
  });
});

describe("the rotation of signing keys", () => {
  it("puts a new one in front, and touches no secret", async () => {
    const before = keys();
    expect(await rotate({ signing: true })).toMatchObject({ made: true, resealed: 0 });
    expect(keys()).toEqual({ ...before, signingKeys: [expect.anything(), ...before.signingKeys] });
    expect(await rotate({ signing: true, removeOld: true })).toMatchObject({ removed: [before.signingKeys[0].id] });
  });
});

describe("attack 59: a provider's credentials", () => {
  it("cannot be opened in another provider's row", async () => {
    const other = randomUUID();
    await federation`
      insert into cloud_providers (id, tenant_id, name, provider_type, credentials_encrypted)
      select ${other}, tenant_id, 'other', 'aws', credentials_encrypted from cloud_providers where id = ${providerId}`;
    const moved = service.write({ tenantId }, (tx) => readProviderCredentials(tx, keys().encryptionKeys, other));
    await expect(moved).rejects.toMatchObject({ code: "SECRET_INVALID" });
  });

  it("are neither written nor read by another tenant", async () => {
    const { encryptionKeys } = keys();
    await service.write({ tenantId: randomUUID() }, async (tx) => {
      expect(await writeProviderCredentials(tx, encryptionKeys, providerId, "mine")).toBe(false);
      expect(await readProviderCredentials(tx, encryptionKeys, providerId)).toBeNull();
    });
    expect(await credentials()).toBe('{"accessKey":"of the cloud"}');
  });
});
