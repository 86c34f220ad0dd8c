// Who may import whom. Each rule is a sentence of docs/architecture.md.
const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

/** The entries of processes that run a part of the product alone. */
const processEntries = "^(gateway|subgraphs/[^/]+)/main\\.ts$";

/** The tests next to the code. */
const unitTests = "\\.test\\.ts$";

/** What changes rows of a domain and emits the events of the changes. */
const writers =
  "^db/((auth|vms|monitoring|federation|scheduler)/([^/]*-writes|changes|hourly-rollup|metric-ranges|retention)\\.ts$|(changes|record-rows|upsert)\\.ts$|event-log/append\\.ts$)";

/** Returns what matches the paths of all files under these folders. */
const folders = (...names) => `^(${names.join("|")})/`;

/** Returns a rule: no module of `from` imports one of `to`. Each is a regular expression of paths, or an object of more conditions. */
const forbid = (name, from, to) => ({
  name,
  severity: "error",
  from: typeof from === "string" ? { path: from } : from,
  to: typeof to === "string" ? { path: to } : to,
});

module.exports = {
  forbidden: [
    forbid("no-cycles", {}, { circular: true }),
    ...domains.flatMap((domain) => [
      forbid(`${domain}-subgraph-keeps-to-itself`, folders(`subgraphs/${domain}`), {
        path: "^(subgraphs|db)/[^/]+/",
        pathNot: [`^(subgraphs|db)/${domain}/`, "^db/(embedded|event-log|operations|projections)/"],
      }),
      forbid(`${domain}-database-keeps-to-itself`, folders(`db/${domain}`), {
        path: "^db/[^/]+/",
        pathNot: [`^db/${domain}/`, "^db/(change-history|common|event-log|projections)/"],
      }),
      forbid(`${domain}-process-reaches-no-other-domain`, `^subgraphs/${domain}/main\\.ts$`, {
        path: `^(subgraphs|db)/(${domains.filter((other) => other !== domain).join("|")})/`,
        reachable: true,
      }),
    ]),
    forbid("gateway-process-reaches-no-domain", "^gateway/main\\.ts$", {
      path: folders("subgraphs", "db"),
      reachable: true,
    }),
    forbid("gateway-knows-no-domain", folders("gateway"), folders("db", "subgraphs")),
    forbid(
      "runtime-composes",
      { path: folders("gateway", "subgraphs"), pathNot: processEntries },
      folders("runtime", "import", "demo", "cli"),
    ),
    forbid("subgraphs-do-not-know-the-gateway", folders("subgraphs"), folders("gateway")),
    forbid("process-entries-import-runtime-alone", processEntries, folders("import", "demo", "cli")),
    forbid("runtime-is-composed-by-programs", folders("runtime", "import", "demo"), folders("cli")),
    forbid("import-and-demo-do-not-compose", folders("import", "demo"), folders("gateway", "runtime")),
    forbid("import-does-not-know-the-demo", folders("import"), folders("demo")),
    forbid("import-and-demo-call-use-cases", folders("import", "demo"), {
      path: folders("db"),
      dependencyTypesNot: ["type-only"],
    }),
    forbid(
      "runtime-alone-creates-subgraphs",
      folders("import", "demo", "cli"),
      "^subgraphs/[^/]+/(resolvers/|generated/|(subgraph|loaders|context|authorization|mappers)\\.ts$)",
    ),
    forbid(
      "use-cases-alone-write",
      folders("gateway", "lib", "hypervisors", "events", "runtime", "import", "demo", "cli", "examples", "scripts"),
      writers,
    ),
    forbid(
      "lib-imports-nothing-of-ours",
      folders("lib"),
      folders("db", "subgraphs", "gateway", "runtime", "import", "demo", "cli", "events", "tests", "bench"),
    ),
    forbid(
      "events-import-lib-alone",
      folders("events"),
      folders("db", "subgraphs", "gateway", "runtime", "import", "demo", "cli", "tests", "bench"),
    ),
    forbid(
      "hypervisors-import-lib-alone",
      folders("hypervisors"),
      folders("db", "subgraphs", "gateway", "runtime", "import", "demo", "cli", "events", "tests", "bench"),
    ),
    forbid(
      "drivers-are-composed-by-programs",
      folders("subgraphs", "gateway", "import", "demo", "events", "db", "lib"),
      {
        path: "^hypervisors/",
        pathNot: "^hypervisors/port\\.ts$",
      },
    ),
    forbid(
      "the-vms-domain-alone-uses-hypervisors",
      { path: folders("subgraphs", "gateway", "import", "events", "db", "lib"), pathNot: "^subgraphs/vms/" },
      folders("hypervisors"),
    ),
    forbid(
      "db-imports-lib-and-events",
      folders("db"),
      folders("subgraphs", "gateway", "runtime", "import", "demo", "cli", "tests", "bench"),
    ),
    forbid(
      "drizzle-and-postgres-under-db",
      {
        path: folders("subgraphs", "gateway", "lib", "hypervisors", "runtime", "import", "demo", "cli", "events"),
        pathNot: unitTests,
      },
      { path: "node_modules/(drizzle-orm|postgres)/", dependencyTypesNot: ["type-only"] },
    ),
    forbid("no-graphql-under-db", folders("db"), "node_modules/(graphql|graphql-scalars|@apollo)/"),
    forbid(
      "domain-code-knows-no-graphql",
      { path: "^subgraphs/[^/]+/[^/]+/", pathNot: ["^subgraphs/[^/]+/(resolvers|generated)/", unitTests] },
      "node_modules/(graphql|@apollo)/",
    ),
    forbid(
      "examples-are-a-client-author's",
      folders("examples"),
      folders(
        ...["subgraphs", "gateway", "db", "lib", "hypervisors", "runtime", "import", "demo", "cli", "events"],
        ...["tests", "bench", "scripts"],
      ),
    ),
    forbid(
      "cli-alone-is-a-client-too",
      folders("subgraphs", "gateway", "db", "lib", "hypervisors", "runtime", "import", "demo", "events"),
      folders("examples"),
    ),
    forbid(
      "nothing-shipped-imports-tests",
      {
        path: folders(
          "subgraphs",
          "gateway",
          "lib",
          "hypervisors",
          "db",
          "runtime",
          "import",
          "demo",
          "cli",
          "events",
          "examples",
        ),
        pathNot: unitTests,
      },
      folders("tests", "bench"),
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js"],
    },
  },
};
