// Who may import whom. Each rule is a sentence of docs/architecture.md.
const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

/** The entries of processes that run a part of the product alone. */
const processEntries = "^(gateway|subgraphs/[^/]+)/main\\.ts$";

/** What changes rows of a domain and emits the events of the changes. */
const writers =
  "^db/((auth|vms|monitoring|federation|scheduler)/([^/]*-writes|changes|hourly-rollup|metric-ranges|retention)\\.ts$|(changes|record-rows|upsert)\\.ts$|event-log/append\\.ts$)";

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...domains.flatMap((domain) => [
      {
        name: `${domain}-subgraph-keeps-to-itself`,
        severity: "error",
        from: { path: `^subgraphs/${domain}/` },
        to: {
          path: "^(subgraphs|db)/[^/]+/",
          pathNot: [`^(subgraphs|db)/${domain}/`, "^db/(embedded|event-log|projections)/"],
        },
      },
      {
        name: `${domain}-database-keeps-to-itself`,
        severity: "error",
        from: { path: `^db/${domain}/` },
        to: { path: "^db/[^/]+/", pathNot: [`^db/${domain}/`, "^db/(common|event-log|projections)/"] },
      },
    ]),
    ...domains.map((domain) => ({
      name: `${domain}-process-reaches-no-other-domain`,
      severity: "error",
      from: { path: `^subgraphs/${domain}/main\\.ts$` },
      to: {
        path: `^(subgraphs|db)/(${domains.filter((other) => other !== domain).join("|")})/`,
        reachable: true,
      },
    })),
    {
      name: "gateway-process-reaches-no-domain",
      severity: "error",
      from: { path: "^gateway/main\\.ts$" },
      to: { path: "^(subgraphs|db)/", reachable: true },
    },
    {
      name: "gateway-knows-no-domain",
      severity: "error",
      from: { path: "^gateway/" },
      to: { path: "^(db|subgraphs)/" },
    },
    {
      name: "runtime-composes",
      severity: "error",
      from: { path: "^(gateway|subgraphs)/", pathNot: processEntries },
      to: { path: "^(runtime|import|demo|cli)/" },
    },
    {
      name: "subgraphs-do-not-know-the-gateway",
      severity: "error",
      from: { path: "^subgraphs/" },
      to: { path: "^gateway/" },
    },
    {
      name: "process-entries-import-runtime-alone",
      severity: "error",
      from: { path: processEntries },
      to: { path: "^(import|demo|cli)/" },
    },
    {
      name: "runtime-is-composed-by-programs",
      severity: "error",
      from: { path: "^(runtime|import|demo)/" },
      to: { path: "^cli/" },
    },
    {
      name: "import-and-demo-do-not-compose",
      severity: "error",
      from: { path: "^(import|demo)/" },
      to: { path: "^(gateway|runtime)/" },
    },
    {
      name: "import-does-not-know-the-demo",
      severity: "error",
      from: { path: "^import/" },
      to: { path: "^demo/" },
    },
    {
      name: "import-and-demo-call-use-cases",
      severity: "error",
      from: { path: "^(import|demo)/" },
      to: { path: "^db/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "runtime-alone-creates-subgraphs",
      severity: "error",
      from: { path: "^(import|demo|cli)/" },
      to: { path: "^subgraphs/[^/]+/(resolvers/|generated/|(subgraph|loaders|context|authorization|mappers)\\.ts$)" },
    },
    {
      name: "use-cases-alone-write",
      severity: "error",
      from: { path: "^(gateway|lib|events|runtime|import|demo|cli|examples|scripts)/" },
      to: { path: writers },
    },
    {
      name: "lib-imports-nothing-of-ours",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: "^(db|subgraphs|gateway|runtime|import|demo|cli|events|console|tests|bench)/" },
    },
    {
      name: "events-import-lib-alone",
      severity: "error",
      from: { path: "^events/" },
      to: { path: "^(db|subgraphs|gateway|runtime|import|demo|cli|console|tests|bench)/" },
    },
    {
      name: "db-imports-lib-and-events",
      severity: "error",
      from: { path: "^db/" },
      to: { path: "^(subgraphs|gateway|runtime|import|demo|cli|console|tests|bench)/" },
    },
    {
      name: "drizzle-and-postgres-under-db",
      severity: "error",
      from: { path: "^(subgraphs|gateway|lib|runtime|import|demo|cli|events)/" },
      to: { path: "node_modules/(drizzle-orm|postgres)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-graphql-under-db",
      severity: "error",
      from: { path: "^db/" },
      to: { path: "node_modules/(graphql|graphql-scalars|@apollo)/" },
    },
    {
      name: "domain-code-knows-no-graphql",
      severity: "error",
      from: { path: "^subgraphs/[^/]+/[^/]+/", pathNot: ["^subgraphs/[^/]+/(resolvers|generated)/"] },
      to: { path: "node_modules/(graphql|@apollo)/" },
    },
    {
      name: "examples-are-a-client-author's",
      severity: "error",
      from: { path: "^examples/" },
      to: { path: "^(subgraphs|gateway|db|lib|runtime|import|demo|cli|events|console|tests|bench|scripts)/" },
    },
    {
      name: "cli-alone-is-a-client-too",
      severity: "error",
      from: { path: "^(subgraphs|gateway|db|lib|runtime|import|demo|events)/" },
      to: { path: "^examples/" },
    },
    {
      name: "nothing-shipped-imports-tests",
      severity: "error",
      from: { path: "^(subgraphs|gateway|lib|db|runtime|import|demo|cli|events|examples)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(tests|bench)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|dist)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js"],
    },
  },
};
