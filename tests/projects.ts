/** The projects of `npm test`, grouped by what their files need, and the project of `npm run test:long`. */
export type ProjectName = "unit" | "database" | "product" | "processes" | "isolated" | "long";

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
const themes = (...names: string[]) => names.map((theme) => `tests/${theme}/${anyTest}`);

/** Tests of the schema, of statements, of events and of imports. */
const database = themes("events", "import", "migrations", "monitoring-db");
/** Tests of the gateway and of the whole product, in the test's own process. */
const product = themes("connections", "gateway", "graph", "live", "mutations", "security");
/** Tests of commands, and of processes and servers that stop, crash or lose each other. */
const processes = themes("separate-processes", "embedded", "external", "failure", "operations", "running");

/** A file's folder or its name decides its project; `tests/repository/test-projects.test.ts` checks it. */
export const testProjects: Readonly<Record<ProjectName, TestProject>> = {
  // Tests next to the code, and the checks of the repository.
  unit: {
    include: [anyTest],
    exclude: [...elsewhere, long, isolated, ...database, ...product, ...processes],
    hasServer: false,
    isIsolated: false,
  },
  database: { include: database, exclude: [...elsewhere, long, isolated], hasServer: true, isIsolated: false },
  product: { include: product, exclude: [...elsewhere, long, isolated], hasServer: true, isIsolated: false },
  processes: { include: processes, exclude: [...elsewhere, long, isolated], hasServer: true, isIsolated: false },
  // Files that replace a module (`vi.mock`) that no other file may have loaded or may load, or that measure their own process.
  isolated: { include: [isolated], exclude: elsewhere, hasServer: true, isIsolated: true },
  long: { include: [long], exclude: elsewhere, hasServer: true, isIsolated: true },
};
