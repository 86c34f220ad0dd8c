import { defineConfig } from "vitest/config";

const long = process.env["NOVACRON_TESTS"] === "long";
const never = ["**/node_modules/**", "dist/**", ...(long ? [] : ["**/*.long.test.ts"])];
/** What is loaded once for all files of a worker, which saves half a minute of imports, but for files that put a module in the place of another. */
const together = ["graph", "migrations", "monitoring-db", "security"].map((theme) => `tests/${theme}/**/*.test.ts`);
const replacing = ["tenancy-by-row-security", "api-keys", "refused-sign-ins"].map((name) => `tests/**/${name}.test.ts`);

export default defineConfig({
  // Two copies of graphql meet without this: one through its CommonJS entry, one through its ESM entry.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    globalSetup: ["tests/harness/global-setup.ts"],
    // drizzle-kit carries a cloud library that would otherwise look for a cloud.
    // Neither a test nor a process that it starts reads the .env of whoever runs it.
    env: { METADATA_SERVER_DETECTION: "none", NOVACRON_ENV_FILE: "", LOG_LEVEL: process.env["LOG_LEVEL"] ?? "silent" },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: long ? 600_000 : 60_000,
    server: {
      deps: {
        inline: [/@apollo\/(gateway|subgraph|server|composition|query-planner|federation-internals|query-graphs)/],
      },
    },
    projects: long
      ? [{ extends: true, test: { name: "long", include: ["**/*.long.test.ts"], exclude: never } }]
      : [
          {
            extends: true,
            test: { name: "apart", include: ["**/*.test.ts"], exclude: [...never, ...together], isolate: true },
          },
          { extends: true, test: { name: "replacing", include: replacing, exclude: never, isolate: true } },
          {
            extends: true,
            test: { name: "together", include: together, exclude: [...never, ...replacing], isolate: false },
          },
        ],
  },
});
