import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readEnvironment } from "#runtime/environment.ts";
import { type RotateOptions, rotateKeys } from "#runtime/keys/rotate-keys.ts";
import { readProviderCredentials, writeProviderCredentials } from "#db/federation/provider-credentials.ts";
import { SealedFleet, secretsOfUsers } from "./sealed-fleet.ts";

let fleet: SealedFleet;
beforeAll(async () => {
  fleet = await SealedFleet.open(["auth", "federation"]);
});
afterAll(() => fleet.close());
beforeEach(() => fleet.renew());

const rotate = (options: Partial<RotateOptions> = {}) =>
  rotateKeys(readEnvironment(fleet.env), fleet.systems, { signing: false, reseal: true, removeOld: false, ...options });

describe("the rotation of encryption keys", () => {
  it("puts a new key first and seals every secret under it", async () => {
    const before = fleet.keys();
    const rotation = await rotate();
    expect(rotation).toMatchObject({ made: true, resealed: secretsOfUsers + 1, removed: [] });
    expect(fleet.keys()).toEqual({ ...before, encryptionKeys: [expect.anything(), ...before.encryptionKeys] });
    expect(fleet.keys().encryptionKeys[0].id).toBe(rotation.keyId);
    expect(await fleet.sealedUnderNewest()).toBe(secretsOfUsers);
    expect(await fleet.lost()).toEqual([]);
  });

  it("resumes with the same key after a stop in the middle, and loses nothing", async () => {
    const stop = rotate({
      onProgress: () => {
        throw new Error("stopped");
      },
    });
    await expect(stop).rejects.toThrow("stopped");
    const half = await fleet.sealedUnderNewest();
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(secretsOfUsers);
    expect(await fleet.lost()).toEqual([]);
    await expect(rotate({ removeOld: true, reseal: false })).rejects.toMatchObject({ code: "KEY_IN_USE" });

    expect(await rotate()).toMatchObject({ made: false, resealed: secretsOfUsers + 1 - half });
    expect(fleet.keys().encryptionKeys).toHaveLength(2);
    expect(await fleet.lost()).toEqual([]);
  });

  it("can create the key before anything is sealed under it", async () => {
    expect(await rotate({ reseal: false })).toMatchObject({ made: true, resealed: 0 });
    expect(await rotate()).toMatchObject({ made: false, resealed: secretsOfUsers + 1 });
    expect(await fleet.lost()).toEqual([]);
  });

  it("removes old keys once nothing is sealed under them", async () => {
    const [old] = fleet.keys().encryptionKeys;
    await rotate();
    expect(await rotate({ removeOld: true })).toMatchObject({ made: false, removed: [old.id] });
    expect(fleet.keys().encryptionKeys).toHaveLength(1);
    expect(await fleet.lost()).toEqual([]);
  });

  it("loses no key when two run at once", async () => {
    await Promise.all([rotate(), rotate()]);
    expect(await fleet.lost()).toEqual([]);
  });

  it("leaves the key file whole, accessible to its owner only, and no other file next to it", async () => {
    await rotate();
    const folder = fleet.env["NOVACRON_DATA_DIR"] ?? "";
    expect(readdirSync(folder)).toEqual(["keys"]);
    expect(statSync(join(folder, "keys")).mode & 0o777).toBe(0o600);
  });

  it("seals under the first of the keys in the environment, and changes no file", async () => {
    const [{ id, secret }] = fleet.keys().encryptionKeys;
    const file = readFileSync(join(fleet.env["NOVACRON_DATA_DIR"] ?? "", "keys"), "utf8");
    fleet.env["NOVACRON_ENCRYPTION_KEYS"] = `of-env:${"e".repeat(43)},${id}:${secret}`;
    expect(await rotate()).toMatchObject({ made: false, keyId: "of-env", resealed: secretsOfUsers + 1 });
    expect(await fleet.lost()).toEqual([]);
    expect(readFileSync(join(fleet.env["NOVACRON_DATA_DIR"] ?? "", "keys"), "utf8")).toBe(file);
    await expect(rotate({ removeOld: true })).rejects.toMatchObject({ code: "KEYS_GIVEN" });
  });
});

describe("the rotation of signing keys", () => {
  it("puts a new key first, and changes no secret", async () => {
    const before = fleet.keys();
    expect(await rotate({ signing: true })).toMatchObject({ made: true, resealed: 0 });
    expect(fleet.keys()).toEqual({ ...before, signingKeys: [expect.anything(), ...before.signingKeys] });
    expect(await rotate({ signing: true, removeOld: true })).toMatchObject({ removed: [before.signingKeys[0].id] });
  });
});

describe("attack 59: a provider's credentials", () => {
  it("cannot be opened in another provider's row", async () => {
    const other = randomUUID();
    await fleet.federation`
      insert into cloud_providers (id, tenant_id, name, provider_type, credentials_encrypted)
      select ${other}, tenant_id, 'other', 'aws', credentials_encrypted from cloud_providers where id = ${fleet.providerId}`;
    const moved = fleet.service.write({ tenantId: fleet.tenantId }, (tx) =>
      readProviderCredentials(tx, fleet.keys().encryptionKeys, other),
    );
    await expect(moved).rejects.toMatchObject({ code: "SECRET_INVALID" });
  });

  it("are neither written nor read by another tenant", async () => {
    const { encryptionKeys } = fleet.keys();
    await fleet.service.write({ tenantId: randomUUID() }, async (tx) => {
      expect(await writeProviderCredentials(tx, encryptionKeys, fleet.providerId, "mine")).toBe(false);
      expect(await readProviderCredentials(tx, encryptionKeys, fleet.providerId)).toBeNull();
    });
    expect(await fleet.lost()).toEqual([]);
  });
});
