import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findBinaries } from "#db/embedded/binaries.ts";
import { chooseServerUser } from "#db/embedded/server-user.ts";
import { EmbeddedFixture, isRoot, query, unpackPrograms } from "./embedded-fixture.ts";

const nobody = { uid: 65534, gid: 65534 };

describe("the data folder", () => {
  let fixture = new EmbeddedFixture();
  afterEach(async () => {
    await fixture.clean();
    fixture = new EmbeddedFixture();
  });

  it.skipIf(!isRoot)(
    "of root, where PostgreSQL's user has no access, is replaced by one that this user can reach, and this is logged",
    async () => {
      const home = fixture.folder();
      const elsewhere = [join(fixture.folder(), "data")];
      chmodSync(home, 0o700);
      const dataDir = join(home, ".novacron");
      const first = await fixture.start(dataDir, { elsewhere });
      expect(first.dataDir.startsWith(elsewhere[0] ?? "?")).toBe(true);
      expect(fixture.lines.join()).toContain(`who cannot reach ${dataDir}: its data are in ${first.dataDir}`);
      expect(JSON.parse(readFileSync(join(dataDir, "postgres.json"), "utf8"))).toMatchObject({ pgdata: first.dataDir });
      await first.stop();
      // The location is recorded, so that it is found without a list of places.
      const next = await fixture.start(dataDir, { elsewhere: [] });
      expect(next.dataDir).toBe(first.dataDir);
    },
  );

  it.skipIf(!isRoot)(
    "case G30: that was removed and created again has new data and logs where the old data are; restored, it has its own",
    async () => {
      const home = fixture.folder();
      const elsewhere = [join(fixture.folder(), "data")];
      chmodSync(home, 0o700);
      const dataDir = join(home, ".novacron");
      const first = await fixture.start(dataDir, { elsewhere });
      await query(first.url("novacron_vms"), "create table kept as select 42 as answer");
      await first.stop();
      renameSync(dataDir, join(home, "put-away"));

      const second = await fixture.start(dataDir, { elsewhere });
      expect(second.dataDir).not.toBe(first.dataDir);
      expect(await query(second.url("novacron_vms"), "select to_regclass('kept') as kept")).toEqual([{ kept: null }]);
      const old = dirname(first.dataDir);
      expect(fixture.lines.join()).toContain(`Databases of an earlier installation in ${dataDir} are still in ${old}.`);
      await second.stop();

      rmSync(dataDir, { recursive: true });
      renameSync(join(home, "put-away"), dataDir);
      // The link in the folder leads to its data, even without the record.
      rmSync(join(dataDir, "postgres.json"));
      const again = await fixture.start(dataDir, { elsewhere: [] });
      expect(again.dataDir).toBe(first.dataDir);
      expect(await query(again.url("novacron_vms"), "select answer from kept")).toEqual([{ answer: 42 }]);
    },
  );

  it.skipIf(!isRoot)("of an ordinary user is served by a PostgreSQL of that user, and by root later", async () => {
    const dataDir = join(fixture.folder(), "data");
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, nobody.uid, nobody.gid);
    const { child, report } = await fixture.startInOwnProcess(dataDir, {}, nobody);
    expect(report).toMatchObject({ adopted: false, dataDir: join(dataDir, "postgres") });
    expect(statSync(report.dataDir).uid).toBe(nobody.uid);
    await query(report.url, "create table kept as select 42 as answer");
    child.stdin?.write("stop\n");
    await once(child, "exit");

    const asRoot = await fixture.start(dataDir);
    expect(await query(asRoot.url("novacron_vms"), "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(statSync(join(dataDir, "postgres.json")).uid).toBe(nobody.uid);
  });

  it.skipIf(!isRoot)("of another user is refused with instructions", async () => {
    const dataDir = fixture.folder();
    await (await fixture.start(dataDir)).stop();
    const { report } = await fixture.startInOwnProcess(dataDir, {}, nobody);
    expect(report.code).toBe("DATA_DIR_UNUSABLE");
    expect(report.message).toContain("--data-dir");
  });
});

describe("PostgreSQL's programs", () => {
  const fixture = new EmbeddedFixture();
  afterEach(() => fixture.clean());

  it.skipIf(!isRoot)("are copied once to a readable folder when their user cannot reach them", async () => {
    const parent = fixture.programFolder();
    const cache = join(fixture.programFolder(), "cache");
    const installed = unpackPrograms(parent);
    chmodSync(parent, 0o700);
    const lines: string[] = [];
    const user = chooseServerUser(undefined);
    const found = await findBinaries(user, (line) => lines.push(line), installed, [cache]);
    expect(found.postgres).toBe(join(cache, installed.name, "bin", "postgres"));
    expect(await findBinaries(user, (line) => lines.push(line), installed, [cache])).toEqual(found);
    expect(lines).toHaveLength(1);
  });

  it.skipIf(!isRoot)("are not run from a cache folder that other users can write to", async () => {
    const parent = fixture.programFolder();
    const cache = fixture.programFolder();
    const installed = unpackPrograms(parent);
    chmodSync(parent, 0o700);
    chmodSync(cache, 0o777);
    const refused = findBinaries(chooseServerUser(undefined), () => {}, installed, [cache]);
    await expect(refused).rejects.toMatchObject({ code: "START_FAILED" });
  });
});
