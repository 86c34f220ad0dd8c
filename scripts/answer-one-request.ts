import { readFileSync, writeFileSync } from "node:fs";

// node --import tsx scripts/answer-one-request.ts URL: sends the one request to a running product and writes one VM of its real response into the README.
const [url] = process.argv.slice(2);
if (!url) throw new Error("usage: scripts/answer-one-request.ts URL");
const to = new Date(Math.floor(Date.now() / 300_000) * 300_000);
const variables = { first: 50, from: new Date(to.getTime() - 900_000), to };
const response = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: readFileSync("docs/one-request.graphql", "utf8"), variables }),
});
interface Vm {
  alerts: { nodes: unknown[] };
  migrations: { nodes: { steps: { nodes: unknown[] } }[] };
  providerVms: { nodes: unknown[] };
  violations: { nodes: unknown[] };
}
const { data, errors } = (await response.json()) as { data: { vms: { nodes: Vm[] } }; errors?: unknown };
if (errors) throw new Error(JSON.stringify(errors));
const richness = (vm: Vm) =>
  [vm.alerts, vm.migrations, vm.providerVms, vm.violations].filter(({ nodes }) => nodes.length > 0).length;
const vm = data.vms.nodes.toSorted((a, b) => richness(b) - richness(a))[0];
if (!vm) throw new Error("no VM");
for (const migration of vm.migrations.nodes) migration.steps.nodes = migration.steps.nodes.slice(0, 2);
vm.migrations.nodes = vm.migrations.nodes.slice(0, 1);

// Short lists on one line, as a person would write them.
const json = JSON.stringify(vm, null, 2).replaceAll(/[[{][^[\]{}]{1,150}?[\]}]/g, (text) => {
  const line = text.replaceAll(/\s*\n\s*/g, " ");
  return line.length <= 110 ? line : text;
});
const block = `<!-- one-request -->

One VM of a real answer (${new Date().toISOString().slice(0, 10)}, demo fleet, series cut to 15 minutes, steps to two):

\`\`\`json
${json}
\`\`\`

<!-- /one-request -->`;
const readme = readFileSync("README.md", "utf8");
writeFileSync(
  "README.md",
  readme.replace(/<!-- one-request -->(?:[\s\S]*<!-- \/one-request -->)?/, () => block),
);
