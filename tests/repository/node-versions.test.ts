import { readFileSync } from "node:fs";
import { satisfies, subset } from "semver";
import { expect, it } from "vitest";
import { asset } from "#lib/assets.ts";

interface Package {
  engines?: { node?: string } | undefined;
}
const read = (file: string) =>
  JSON.parse(readFileSync(asset(file), "utf8")) as Package & { packages?: Record<string, Package> };

/** The first release of each supported line, and the last that the suite ran on. */
const versions = ["20.19.0", "20.20.2", "22.13.0", "22.23.3", "24.0.0", "24.21.0", "26.0.0", "26.10.0"];

it("case G54: no package of the lock file warns about its engine on a supported Node version", () => {
  const supported = read("package.json").engines?.node ?? "";
  expect(versions.filter((version) => !satisfies(version, supported))).toEqual([]);
  const { packages = {} } = read("package-lock.json");
  const narrower = Object.entries(packages).filter(
    ([, { engines }]) => engines?.node && !subset(supported, engines.node),
  );
  expect(narrower.map(([path, { engines }]) => `${path}: ${engines?.node}`)).toEqual([]);
});

it("case G54: the Dockerfile and CI use supported Node versions", () => {
  const supported = read("package.json").engines?.node ?? "";
  const used = [
    /^FROM node:([\d.]+)/m.exec(readFileSync(asset("Dockerfile"), "utf8"))?.[1],
    /install-node ([\d.]+)/.exec(readFileSync(asset(".ci/run"), "utf8"))?.[1],
  ];
  expect(used.map((version) => satisfies(`${version}.99.99`.split(".").slice(0, 3).join("."), supported))).toEqual([
    true,
    true,
  ]);
});
