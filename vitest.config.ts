import { defineConfig, type Plugin } from "vitest/config";
import { type ProjectName, testProjects } from "./tests/projects.ts";

const long = ["long", "sweep"].includes(process.env["NOVACRON_TESTS"] ?? "");
const names = (Object.keys(testProjects) as ProjectName[]).filter((name) => (name === "long") === long);
/** A test of a project without a server does not find the one that the others of its run have. */
const withoutServer = { NOVACRON_TEST_SERVER_URL: "", NOVACRON_TEST_BUNDLES: "" };

/**
 * The main process, which runs the global setup, transforms its modules anew: vitest reads cached ones as bytes, and then fails wherever a stack trace is read,
 * as the driver of PostgreSQL does for every error.
 */
const mainProcessWithoutCache: Plugin = {
  name: "main-process-without-cache",
  configureVitest: ({ experimental_defineCacheKeyGenerator: defineCacheKey }) =>
    defineCacheKey(({ environment }) => (environment.name === "__vitest__" ? false : undefined)),
};

export default defineConfig({
  plugins: [mainProcessWithoutCache],
  // Two copies of graphql meet without this: one through its CommonJS entry, one through its ESM entry.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    // drizzle-kit carries a cloud library that would otherwise look for a cloud.
    // Neither a test nor a process that it starts reads the .env of the user who runs it.
    env: { METADATA_SERVER_DETECTION: "none", NOVACRON_ENV_FILE: "", LOG_LEVEL: process.env["LOG_LEVEL"] ?? "silent" },
    pool: "forks",
    // As `npm start`: what tests make and drop at once is collected less often.
    execArgv: ["--max-semi-space-size=64"],
    maxWorkers: 2,
    // The projects of a run transform a module once.
    experimental: { fsModuleCache: true },
    // A test whose loop finds nothing, or whose condition is never met, fails.
    expect: { requireAssertions: true },
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: long ? 600_000 : 60_000,
    projects: names.map((name) => {
      const { include, exclude, hasServer, isIsolated } = testProjects[name];
      return {
        extends: true,
        test: {
          name,
          include,
          exclude,
          isolate: isIsolated,
          globalSetup: hasServer ? ["tests/harness/global-setup.ts"] : [],
          env: hasServer ? {} : withoutServer,
        },
      };
    }),
  },
});
