import { randomUUID } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { signCheckpoints } from "#subgraphs/auth/audit/sign-checkpoints.ts";
import { reportText } from "#cli/audit/report.ts";
import { isRight, verifyAudit } from "#subgraphs/auth/audit/verify-audit.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { Replaceable } from "#lib/replaceable.ts";
import type { AuditCheckpoint } from "#lib/trust/audit-checkpoint.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { auditCheckpoints } from "#runtime/jobs/auth.ts";
import { migratedDatabase } from "#tests/migrations/migrated-database.ts";
import type { ScratchDatabase } from "#tests/migrations/scratch-database.ts";

const signingKeys: Keyring = [{ id: "one", secret: "1".repeat(43) }];
const rotated: Keyring = [{ id: "two", secret: "2".repeat(43) }, ...signingKeys];

let scratch: ScratchDatabase;
let service: Database;
let system: Database;
let tenantId: string;
let path: string;

beforeAll(async () => {
  scratch = await migratedDatabase("auth");
  service = await openDatabase({ domain: "auth", url: scratch.url });
  system = await openDatabase({ domain: "auth", url: scratch.url, as: "system" });
});
afterAll(async () => {
  await Promise.all([service.close(), system.close()]);
  await scratch.drop();
});
beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "checkpoints-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  path = join(folder, "audit-checkpoints.jsonl");
  tenantId = randomUUID();
  await scratch.sql`insert into tenants (id, name) values (${tenantId}, ${tenantId})`;
  await record(3);
});

const record = (count: number) =>
  service.write({ tenantId }, async (tx) => {
    for (let at = 0; at < count; at += 1)
      await recordAudit(tx, { action: `step.${at}`, success: true, userId: null, actorName: null });
  });

const sign = (keys = signingKeys) => signCheckpoints(system, { path, signingKeys: keys });
const verify = (keys = signingKeys) => verifyAudit(system, { path, signingKeys: keys, tenant: tenantId });

const tamper = (statement: string) =>
  scratch.sql.begin(async (sql) => {
    await sql`alter table auth_audit_log disable trigger all`;
    await sql.unsafe(statement, [tenantId]);
    await sql`alter table auth_audit_log enable trigger all`;
  });

describe("checkpoints of the audit log", () => {
  it("are signed for the logs that grew, in a file that only its owner can access", async () => {
    expect((await sign()).signed).toBeGreaterThan(0);
    expect(await sign()).toEqual({ signed: 0, refused: [] });
    await record(1);
    expect(await sign()).toEqual({ signed: 1, refused: [] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await verify()).toMatchObject({ tenants: 1, entries: 4, checkpoints: 2, faults: [] });
  });

  it("are signed no more after the signal, and the next round signs the rest", async () => {
    expect(await signCheckpoints(system, { path, signingKeys }, new Map(), AbortSignal.abort())).toMatchObject({
      signed: 0,
    });
    expect((await sign()).signed).toBeGreaterThan(0);
  });

  it("remain valid under an old key of the keyring", async () => {
    await sign();
    await record(1);
    await sign(rotated);
    expect(await verify(rotated)).toMatchObject({ checkpoints: 2, badCheckpoints: [] });
  });

  it("continue after a partial line that a crash left, and the report names that line", async () => {
    await sign();
    const { size } = statSync(path);
    appendFileSync(path, readFileSync(path).subarray(0, 40));
    expect(await verify()).toMatchObject({ checkpoints: 1, unreadableLines: [expect.any(Number)] });
    await record(1);
    await sign();
    const report = await verify();
    expect(report).toMatchObject({ checkpoints: 2, unreadableLines: [expect.any(Number)] });
    expect(isRight(report)).toBe(true);
    expect(reportText(report)).toContain("cannot be read");
    truncateSync(path, size);
  });
});

it("a log whose end no checkpoint of the file covers for minutes is reported, because another machine signs in a file of its own", async () => {
  await sign();
  expect((await verify()).unsigned).toEqual([]);
  await record(2);
  expect((await verify()).unsigned).toEqual([]);
  await tamper("update auth_audit_log set created_at = now() - interval '6 minutes' where tenant_id = $1 and seq > 3");
  const ours = path;
  path = `${ours}.of-another-machine`;
  await sign();
  expect((await verify()).unsigned).toEqual([]);
  path = ours;
  const report = await verify();
  expect(report.unsigned).toEqual([{ tenantId, seq: 4 }]);
  expect(reportText(report)).toContain(`tenant ${tenantId}: from entry 4 on, no checkpoint`);
});

describe("attack 58: checkpoints of the audit log", () => {
  it("detect a tail that was cut before the last checkpoint, and the log is not signed again", async () => {
    await sign();
    await tamper("delete from auth_audit_log where tenant_id = $1 and seq > 1");
    expect((await verify()).faults).toEqual([
      { tenantId, seq: 2, id: null, problem: expect.stringContaining("the log was cut") },
    ]);
    await record(4);
    expect((await sign()).refused).toEqual([tenantId]);
    const [step] = auditCheckpoints(system, { path, signingKeys: new Replaceable(signingKeys) }).steps;
    await expect(
      step?.run(new AbortController().signal, { tenantId: platformTenantId, actor: "job:test" }),
    ).rejects.toMatchObject({ code: "AUDIT_LOG_CHANGED" });
    expect((await verify()).faults).toMatchObject([{ seq: 3, problem: expect.stringContaining("checkpoint") }]);
  });

  it("detect a tail that was cut along with the end of the file, while the process that signed it still runs", async () => {
    const remembered = new Map<string, AuditCheckpoint>();
    await signCheckpoints(system, { path, signingKeys }, remembered);
    const before = readFileSync(path, "utf8");
    await record(4);
    await signCheckpoints(system, { path, signingKeys }, remembered);
    writeFileSync(path, before);
    await tamper("delete from auth_audit_log where tenant_id = $1 and seq > 3");
    expect(isRight(await verify())).toBe(true);
    const round = await signCheckpoints(system, { path, signingKeys }, remembered);
    expect(round).toEqual({ signed: 0, refused: [tenantId] });
    expect((await verify()).faults).toMatchObject([{ seq: 4, problem: expect.stringContaining("checkpoint of 7") }]);
  });

  it("start again in a new file with the logs as they are, when the file was moved away", async () => {
    const remembered = new Map<string, AuditCheckpoint>();
    const { signed } = await signCheckpoints(system, { path, signingKeys }, remembered);
    rmSync(path);
    expect(await signCheckpoints(system, { path, signingKeys }, remembered)).toEqual({ signed, refused: [] });
    expect(await verify()).toMatchObject({ checkpoints: 1, faults: [] });
  });

  it("detect a log that was emptied", async () => {
    await sign();
    await tamper("delete from auth_audit_log where tenant_id = $1");
    expect((await verify()).faults).toMatchObject([{ tenantId, seq: 1, id: null }]);
  });

  it("detect a checkpoint whose hash, number, time or key id was changed", async () => {
    await sign();
    const signed = readFileSync(path, "utf8")
      .split("\n")
      .find((line) => line.includes(tenantId));
    const checkpoint = JSON.parse(signed ?? "") as Record<string, unknown>;
    const changed = [{ hash: "0".repeat(64) }, { seq: 2 }, { at: new Date(0).toISOString() }, { keyId: "nobody" }];
    writeFileSync(path, changed.map((change) => `${JSON.stringify({ ...checkpoint, ...change })}\n`).join(""));
    const report = await verify();
    expect(report.badCheckpoints.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
    expect(isRight(report)).toBe(false);
    expect(reportText(report)).toContain("the signing key nobody of the checkpoint is not in the keyring");
  });
});
