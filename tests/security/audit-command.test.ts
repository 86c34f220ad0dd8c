import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { openDatabase } from "#db/client.ts";
import { domains } from "#db/columns.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { novacron, novacronHere } from "#tests/running/command.ts";

const entries = 9;
/** The tampering of four tenants' logs, and the first bad entry that it produces. */
const tampered = {
  "a byte changed": { tenantId: randomUUID(), seq: 5, isMissing: false, problem: "it is not what was recorded" },
  "a row deleted": { tenantId: randomUUID(), seq: 3, isMissing: true, problem: "it is missing; the next one is 4" },
  "two rows reordered": { tenantId: randomUUID(), seq: 4, isMissing: false, problem: "does not continue the entry" },
  "the tail cut": {
    tenantId: randomUUID(),
    seq: 7,
    isMissing: true,
    problem: "all up to the checkpoint of 9: the log was cut",
  },
};
const statements: Record<keyof typeof tampered, readonly string[]> = {
  "a byte changed": ["update auth_audit_log set actor_name = 'adb' where tenant_id = $1 and seq = 5"],
  "a row deleted": ["delete from auth_audit_log where tenant_id = $1 and seq = 3"],
  "two rows reordered": [
    "update auth_audit_log set seq = -seq where tenant_id = $1 and seq in (4, 5)",
    "update auth_audit_log set seq = 9 + seq where tenant_id = $1 and seq in (-4, -5)",
  ],
  "the tail cut": ["delete from auth_audit_log where tenant_id = $1 and seq > 6"],
};
const kinds = Object.keys(tampered) as (keyof typeof tampered)[];

const folder = mkdtempSync(join(tmpdir(), "audit-command-"));
let databases: TestDatabases;
let env: Record<string, string>;
/** The first signing, the first report of no fault and the first report of faults come from processes of their own; the others run in this one. */
const audit = (...args: string[]) => novacron(["audit", ...args], env);
const auditHere = (...args: string[]) => novacronHere(["audit", ...args], env);

beforeAll(async () => {
  databases = await cloneDatabases();
  env = {
    NOVACRON_DATA_DIR: folder,
    NOVACRON_SIGNING_KEYS: `1:${"k".repeat(32)}`,
    ...Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, databases.url(domain)])),
  };
  const auth = await openDatabase({ domain: "auth", url: databases.url("auth"), maxConnections: 1 });
  for (const { tenantId } of Object.values(tampered)) {
    await asOwner(
      databases.url("auth"),
      (sql) => sql`insert into tenants (id, name) values (${tenantId}, ${tenantId})`,
    );
    await auth.write({ tenantId }, async (tx) => {
      for (let at = 0; at < entries; at += 1)
        await recordAudit(tx, { action: `step.${at}`, success: true, userId: null, actorName: "ada" });
    });
  }
  await auth.close();
});
afterAll(async () => {
  await databases.drop();
  rmSync(folder, { recursive: true });
});

async function tamper(): Promise<void> {
  await asOwner(databases.url("auth"), (sql) =>
    sql.begin(async (tx) => {
      await tx`alter table auth_audit_log disable trigger all`;
      for (const kind of kinds)
        for (const statement of statements[kind]) await tx.unsafe(statement, [tampered[kind].tenantId]);
      await tx`alter table auth_audit_log enable trigger all`;
    }),
  );
}

describe("novacron audit, on unchanged logs,", () => {
  it("signs each log that grew, and reports the count", async () => {
    expect(await audit("checkpoint")).toEqual({
      code: 0,
      stdout: "4 logs signed\n",
      stderr: expect.any(String) as string,
    });
    const again = await auditHere("checkpoint", "--json");
    expect([again.code, JSON.parse(again.stdout)]).toEqual([0, { signed: 0, refused: [] }]);
    expect(readFileSync(join(folder, "audit-checkpoints.jsonl"), "utf8").trim().split("\n")).toHaveLength(4);
  });

  it("finds nothing wrong, and writes only to standard output", async () => {
    expect(await audit("verify")).toEqual({
      code: 0,
      stdout: "36 entries of 4 tenants are right; 4 checkpoints are signed\n",
      stderr: "",
    });
    const one = await auditHere("verify", "--json", "--tenant", tampered["the tail cut"].tenantId);
    const report = {
      tenants: 1,
      entries,
      checkpoints: 1,
      faults: [],
      badCheckpoints: [],
      unreadableLines: [],
      unsigned: [],
    };
    expect([one.code, JSON.parse(one.stdout)]).toEqual([0, report]);
  });

  const script = spawnSync("script", ["--version"]).stdout?.toString() ?? "";
  it.skipIf(!script.includes("util-linux"))("draws its progress on a terminal, not into its redirected output", () => {
    const output = join(folder, "verified.json");
    const { status, stdout } = spawnSync(
      "script",
      ["--quiet", "--return", "--command", `node cli/bin.js audit verify --json > ${output}`, "/dev/null"],
      { env: { ...process.env, ...env } },
    );
    expect(status).toBe(0);
    expect(stdout.toString()).toContain("100 %  36 of 36 rows");
    expect(JSON.parse(readFileSync(output, "utf8"))).toMatchObject({ entries: 36, faults: [] });
  });
});

describe("attack 58: novacron audit, on logs that were tampered with,", () => {
  beforeAll(tamper);

  it("exits with 1 and names the first bad entry of each", async () => {
    const { code, stdout } = await audit("verify");
    expect(code).toBe(1);
    const lines = stdout.trim().split("\n");
    expect(lines[0]).toBe("15 entries of 4 tenants are right; 4 checkpoints are signed");
    for (const { tenantId, seq, isMissing, problem } of Object.values(tampered)) {
      const line = lines.find((text) => text.startsWith(`tenant ${tenantId}, entry ${seq} (`));
      expect(line).toContain(problem);
      if (isMissing) expect(line).toContain("(no id)");
      else expect(line).toMatch(/\([0-9a-f-]{36}\)/);
    }
    expect(lines).toHaveLength(5);
  });

  it.each(kinds)("exits with 1 and prints one JSON document for one tenant: %s", async (kind) => {
    const { tenantId, seq, problem } = tampered[kind];
    const { code, stdout } = await auditHere("verify", "--json", "--tenant", tenantId);
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      expect.objectContaining({
        tenants: 1,
        entries: seq - 1,
        faults: [expect.objectContaining({ tenantId, seq, problem: expect.stringContaining(problem) as string })],
      }),
    ]);
  });

  it("does not sign logs again that differ from a checkpoint", async () => {
    const { tenantId } = tampered["the tail cut"];
    const { code, stdout } = await auditHere("checkpoint");
    expect([code, stdout]).toEqual([1, `0 logs signed\nthe log of tenant ${tenantId} was changed and is not signed\n`]);
  });
});
