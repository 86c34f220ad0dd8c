import type argon2 from "@node-rs/argon2";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner, cloneDatabases } from "#tests/harness/server.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { type RefusedSignIns, refusedSignIns } from "./refused-sign-ins.ts";

// The work that takes time is the same for every user: the hash, the statements, and the number of waits for the disk.
// `refused-sign-ins.long.test.ts` measures the time.

type Argon2 = Pick<typeof argon2, "verify">;
const verified = vi.hoisted(() => ({ times: 0 }));
vi.mock("@node-rs/argon2", async (importOriginal) => {
  const original = await importOriginal<Argon2>();
  const verify: Argon2["verify"] = (...args) => {
    verified.times += 1;
    return original.verify(...args);
  };
  return { ...original, verify };
});

let product: TestProduct;
let refused: RefusedSignIns;
beforeAll(async () => {
  const urls = await cloneDatabases();
  const name = new URL(urls.url("auth")).pathname.slice(1);
  await asOwner(urls.url("auth"), (sql) => sql.unsafe(`alter database ${name} set synchronous_commit = on`));
  product = await bootProduct({ authenticates: true, urls });
  refused = await refusedSignIns(product);
  // Statements that are prepared and values that are cached at the first attempt are no part of the work.
  for (const kind of refused.kinds) await refused.attempt(kind);
});
afterAll(() => product.stop());
beforeEach(() => refused.restore());

const ofEach = async <T>(look: (kind: string) => Promise<T>): Promise<[string, T][]> => {
  const seen: [string, T][] = [];
  for (const kind of refused.kinds) seen.push([kind, await look(kind)]);
  return seen;
};
const expectSame = (seen: [string, unknown][]) => expect(seen).toEqual(seen.map(([kind]) => [kind, seen[0]?.[1]]));

describe("attack 37: an unknown user, a wrong password, a locked user, a disabled user and a user of a disabled tenant", () => {
  it("get the same bytes, status and headers", async () => {
    const answers = await ofEach((kind) => refused.attempt(kind));
    expect(answers[0]?.[1]).toContain("INVALID_CREDENTIALS");
    expectSame(answers);
  });

  it("cost one verification of a hash", async () => {
    const times = await ofEach(async (kind) => {
      verified.times = 0;
      await refused.attempt(kind);
      return verified.times;
    });
    expect(times[0]?.[1]).toBe(1);
    expectSame(times);
  });

  it("cost the same statements", async () => {
    const statements = await ofEach((kind) => statementsDuring(product.urls, () => refused.attempt(kind)));
    expect(statements[0]?.[1].length).toBeGreaterThan(2);
    expectSame(statements);
  });

  it("wait for the disk once: no attempt waits for writes that only some kinds make", async () => {
    await asOwner(product.urls.url("auth"), async (sql) => {
      await sql`create table waits (transaction xid8, synchronous_commit text)`;
      await sql`grant insert on waits to public`;
      await sql`create function note_wait() returns trigger language plpgsql as
        $$ begin insert into waits values (pg_current_xact_id(), current_setting('synchronous_commit')); return null; end $$`;
      for (const table of ["users", "sign_in_addresses", "auth_audit_log"])
        await sql.unsafe(
          `create trigger note_wait after insert or update on ${table} for each row execute function note_wait()`,
        );
    });
    const waits = await ofEach((kind) =>
      asOwner(product.urls.url("auth"), async (sql) => {
        await sql`delete from waits`;
        await refused.attempt(kind);
        return sql<{ count: number }[]>`
          select count(distinct transaction)::int from waits where synchronous_commit <> 'off'`;
      }),
    );
    expect(waits[0]?.[1]).toEqual([{ count: 1 }]);
    expectSame(waits);
  });
});
