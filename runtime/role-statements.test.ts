import { expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { readEnvironment } from "./environment.ts";
import { roleStatements } from "./role-statements.ts";

const printed = (host: (domain: string) => string) =>
  roleStatements(
    readEnvironment(
      Object.fromEntries(
        domains.map((domain) => [
          `DATABASE_URL_${domain.toUpperCase()}`,
          `postgres://boss@${host(domain)}/fleet_${domain}`,
        ]),
      ),
    ),
  );
const titles = (sql: string) => [...sql.matchAll(/^-- (.*)$/gm)].map(([, title]) => title);

it("roles are printed in one part per database, grouped by server", async () => {
  const sql = await printed((domain) => (domain === "vms" || domain === "scheduler" ? "a.example:5433" : "b.example"));
  expect(titles(sql)).toEqual([
    "fleet_vms on a.example:5433",
    "fleet_scheduler on a.example:5433",
    "fleet_auth on b.example:5432",
    "fleet_monitoring on b.example:5432",
    "fleet_federation on b.example:5432",
  ]);
});

it("a part names no other database or role", async () => {
  const sql = await printed(() => "a.example");
  const parts = sql.split(/^-- /m).slice(1);
  expect(parts).toHaveLength(domains.length);
  for (const [place, domain] of domains.entries())
    expect(
      new Set([...(parts[place] ?? "").matchAll(/(?:novacron|fleet)_([a-z]+)/g)].map(([, named]) => named)),
    ).toEqual(new Set([domain]));
});

it("a line break in the name of a database does not end the comment", async () => {
  const sql = await printed((domain) => (domain === "vms" ? "a.example/x%0Adrop%20role%20boss;" : "a.example"));
  expect(titles(sql)).toContain("x%0Adrop%20role%20boss;/fleet_vms on a.example:5432");
});
