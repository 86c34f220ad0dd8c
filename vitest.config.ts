import { defineConfig } from "vitest/config";

const long = process.env["NOVACRON_TESTS"] === "long";

export default defineConfig({
  // Two copies of graphql meet without this: one through its CommonJS entry, one through its ESM entry.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: long ? ["**/*.long.test.ts"] : ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", ...(long ? [] : ["**/*.long.test.ts"])],
    globalSetup: ["tests/harness/global-setup.ts"],
    // drizzle-kit carries a cloud library that would otherwise look for a cloud.
    env: { METADATA_SERVER_DETECTION: "none", LOG_LEVEL: process.env["LOG_LEVEL"] ?? "silent" },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: long ? 600_000 : 60_000,
    server: {
      deps: {
        inline: [/@apollo\/(gateway|subgraph|server|composition|query-planner|federation-internals|query-graphs)/],
      },
    },
  },
});
