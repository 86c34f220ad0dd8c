// Who may import whom. Each rule is a sentence of docs/architecture.md.
const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];

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
    {
      name: "gateway-knows-no-domain",
      severity: "error",
      from: { path: "^gateway/" },
      to: { path: "^(db|subgraphs|import|demo|cli)/" },
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
