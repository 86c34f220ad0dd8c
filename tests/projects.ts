/** The projects of `npm test`, grouped by what their files need, and the project of `npm run test:long`. */
export type ProjectName = "unit" | "server" | "isolated" | "long";

export interface TestProject {
  include: string[];
  exclude: string[];
  /** Whether the run creates its database server, the templates and the bundles for this project. */
  hasServer: boolean;
  /** Whether each file loads its modules anew; otherwise the files of a worker share them. */
  isIsolated: boolean;
}

const anyTest = "**/*.test.ts";
const long = "**/*.long.test.ts";
const isolated = "**/*.isolated.test.ts";
const elsewhere = ["**/node_modules/**", "dist/**"];
/** The folders of tests of databases, of the gateway, of the whole product, and of processes. Their files share modules, which take seconds to load. */
const themes = [
  "connections",
  "embedded",
  "events",
  "external",
  "failure",
  "gateway",
  "graph",
  "hypervisors",
  "import",
  "lifecycle",
  "live",
  "migrations",
  "monitoring-db",
  "mutations",
  "operations",
  "placement",
  "running",
  "security",
  "separate-processes",
];
const server = themes.map((theme) => `tests/${theme}/${anyTest}`);

/** A file's folder or its name decides its project; `tests/repository/test-projects.test.ts` checks it. */
export const testProjects: Readonly<Record<ProjectName, TestProject>> = {
  // Tests next to the code, and the checks of the repository.
  unit: {
    include: [anyTest],
    exclude: [...elsewhere, long, isolated, ...server],
    hasServer: false,
    isIsolated: false,
  },
  server: { include: server, exclude: [...elsewhere, long, isolated], hasServer: true, isIsolated: false },
  // Files that replace a module (`vi.mock`) that no other file may have loaded or may load, or that measure their own process.
  isolated: { include: [isolated], exclude: elsewhere, hasServer: true, isIsolated: true },
  long: { include: [long], exclude: elsewhere, hasServer: true, isIsolated: true },
};
