import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findBinaries } from "#db/embedded/binaries.ts";
import { chooseServerUser } from "#db/embedded/server-user.ts";
import { EmbeddedFixture, unpackPrograms } from "./embedded-fixture.ts";

describe("the data folder", { timeout: 60_000 }, () => {
  let fixture = new EmbeddedFixture();
  afterEach(async () => {
    await fixture.clean();
    fixture = new EmbeddedFixture();
  });

  it("with data of another major version is refused with instructions", async () => {
    const dataDir = fixture.folder();
    mkdirSync(join(dataDir, "postgres"));
    writeFileSync(join(dataDir, "postgres", "PG_VERSION"), "15\n");
    await expect(fixture.start(dataDir)).rejects.toMatchObject({
      code: "DATA_VERSION_MISMATCH",
      message: expect.stringContaining("PostgreSQL 15"),
    });
  });

  it("with files that are not PostgreSQL data is refused and left unchanged", async () => {
    const dataDir = fixture.folder();
    mkdirSync(join(dataDir, "postgres"));
    writeFileSync(join(dataDir, "postgres", "thesis.txt"), "three years of work");
    await expect(fixture.start(dataDir)).rejects.toMatchObject({ code: "DATA_DIR_UNUSABLE" });
    expect(readFileSync(join(dataDir, "postgres", "thesis.txt"), "utf8")).toBe("three years of work");
  });
});

describe("PostgreSQL's programs", { timeout: 60_000 }, () => {
  const fixture = new EmbeddedFixture();
  afterEach(() => fixture.clean());
  it("run even when npm ran no install scripts", async () => {
    const parent = fixture.programFolder();
    const found = await findBinaries(chooseServerUser(undefined), () => {}, unpackPrograms(parent), []);
    expect(found.postgres).toBe(join(parent, "native", "bin", "postgres"));
    expect(found.majorVersion).toBeGreaterThanOrEqual(18);
  });
});
