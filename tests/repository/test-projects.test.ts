import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { testProjects } from "#tests/projects.ts";

const filesOf = ({ include, exclude }: { include: string[]; exclude: string[] }) =>
  globSync(include, { cwd: asset("."), ignore: exclude });
const projects = Object.entries(testProjects).map(([name, project]) => ({ name, files: filesOf(project) }));
const all = filesOf({ include: ["**/*.{test,spec}.*"], exclude: ["**/node_modules/**", "dist/**"] });

describe("a test file", () => {
  it("belongs to exactly one project", () => {
    expect(all.length).toBeGreaterThan(150);
    const projectsOf = (file: string) => projects.filter(({ files }) => files.includes(file)).map(({ name }) => name);
    const wrong = all.map((file) => ({ file, in: projectsOf(file) })).filter((found) => found.in.length !== 1);
    expect(wrong).toEqual([]);
    expect(projects.filter(({ files }) => files.length === 0)).toEqual([]);
  });

  it("under tests/ is in a folder that names its project, and is not in the unit project by accident", () => {
    const unit = projects.find(({ name }) => name === "unit")?.files ?? [];
    expect(unit.filter((file) => /^tests\/(?!repository\/)/.test(file))).toEqual([]);
  });

  it("of the unit tests imports nothing that needs the run's server or bundles, and has neither", async () => {
    const unit = projects.find(({ name }) => name === "unit")?.files ?? [];
    const { metafile } = await build({
      entryPoints: unit.map((file) => asset(file)),
      absWorkingDir: asset("."),
      outdir: "out",
      write: false,
      bundle: true,
      metafile: true,
      packages: "external",
      platform: "node",
      format: "esm",
      logLevel: "silent",
    });
    const imported = Object.keys(metafile.inputs);
    expect(imported).toEqual(expect.arrayContaining(unit));
    const forbidden = /^(tests\/harness\/(server|bundles|product)|db\/embedded\/start)\.ts$/;
    expect(imported.filter((file) => forbidden.test(file))).toEqual([]);
    expect(process.env["NOVACRON_TEST_SERVER_URL"]).toBe("");
    expect(process.env["NOVACRON_TEST_BUNDLES"]).toBe("");
  });

  it("has `.isolated` in its name if and only if it replaces a module or measures its own process, and then runs in its own process", () => {
    const alone = /\bvi\.(mock|doMock)\(|\bprocess\.(memoryUsage|getActiveResourcesInfo)\(/;
    const short = all.filter((file) => !file.includes(".long.test."));
    const found = short.filter((file) => alone.test(readFileSync(asset(file), "utf8")));
    expect(found.toSorted()).toEqual(short.filter((file) => file.includes(".isolated.test.")).toSorted());
    expect([testProjects.isolated.isIsolated, testProjects.long.isIsolated]).toEqual([true, true]);
  });
});
