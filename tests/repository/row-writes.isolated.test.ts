import { readFileSync } from "node:fs";
import { type Column, getTableColumns, getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { globSync } from "tinyglobby";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type Domain, domains, rowCounter } from "#db/columns.ts";
import type * as statementModule from "#db/statement.ts";
import { asset } from "#lib/assets.ts";
import { changesIn } from "#tests/events/declared-changes.ts";
import { domainSchema } from "#tests/migrations/domain-schema.ts";

/** Every statement that a module defines when it is loaded. */
const statements = vi.hoisted((): statementModule.Statement<unknown>[] => []);
vi.mock("#db/statement.ts", async (original) => {
  const real = await original<typeof statementModule>();
  return {
    statement: (build: Parameters<typeof real.statement>[0]) => {
      const made = real.statement(build);
      statements.push(made);
      return made;
    },
  };
});

/** Statements that change a row, emit no event, and so need not count the write: by module, with their text and the reason. */
const silent: Readonly<Record<string, { matches: RegExp; reason: string }>> = {
  "db/auth/api-key-writes.ts": {
    matches: /set last_used_at = now\(\)/,
    reason: "the last use of a key changes no user's rights",
  },
  "db/auth/session-writes.ts": {
    matches: /set last_used_at = now\(\)/,
    reason: "the last use of a session changes no user's rights",
  },
  "db/auth/ended-sessions.ts": {
    matches: /delete from "user_sessions"/,
    reason: "no consumer has sessions that ended so long ago",
  },
  "db/auth/mfa-writes.ts": {
    matches: /set mfa_/,
    reason: "the second factor is no part of what consumers know of a user; the audit log records it",
  },
  "db/auth/sign-in-writes.ts": {
    matches: /set (failed_login_attempts|last_login) =/,
    reason: "attempts and times of sign-ins are no part of it either, and would count each sign-in",
  },
  "db/federation/provider-credentials.ts": {
    matches: /set credentials_encrypted =/,
    reason: "the rotation of keys seals the same credentials again",
  },
};

interface Defined {
  module: string;
  text: string;
}

const emits = ({ text }: Defined): boolean => text.includes('as "__key"');
const isSilent = ({ module, text }: Defined): boolean => silent[module]?.matches.test(text) ?? false;

/** Returns the statements that the modules of a domain define when they are loaded. */
async function statementsOf(domain: string): Promise<Defined[]> {
  const all: Defined[] = [];
  for (const module of globSync(`db/${domain}/*.ts`, { ignore: "**/*.test.ts" })) {
    vi.resetModules();
    statements.length = 0;
    await import(asset(module));
    all.push(...statements.map((made) => ({ module, text: made.text() })));
  }
  return all;
}

const tablesWithEvents = async (domain: Domain): Promise<string[]> =>
  (await changesIn(domain)).map(({ table }) => getTableName(table));

async function countedTables(domain: Domain) {
  const schema = await domainSchema(domain);
  return Object.values(schema)
    .filter((value: unknown): value is PgTable => is(value, PgTable))
    .map((table) => ({
      name: getTableName(table),
      counter: rowCounter(table)?.name,
      updatedAt: (getTableColumns(table) as Record<string, Column>)["updatedAt"]?.name,
    }))
    .filter(({ counter, updatedAt }) => counter !== undefined || updatedAt !== undefined);
}

describe.each(domains)("the statements of db/%s", (domain) => {
  let defined: readonly Defined[];
  beforeAll(async () => {
    defined = await statementsOf(domain);
  });

  it("that change rows return what their events hold, except those that emit none", async () => {
    const tables = await tablesWithEvents(domain);
    const writes = defined.filter(({ text }) =>
      tables.some((name) => new RegExp(`(update|insert into|delete from) "${name}"`, "i").test(text)),
    );
    expect(writes.filter((each) => !emits(each) && !isSilent(each))).toEqual([]);
    expect(writes.filter(emits)).not.toEqual([]);
    const outdated = Object.keys(silent).filter(
      (module) => !writes.some((each) => each.module === module && isSilent(each)),
    );
    expect(outdated.filter((module) => module.startsWith(`db/${domain}/`))).toEqual([]);
  });

  it("count every change of a row that counts its writes, except those that emit no event", async () => {
    const tables = await countedTables(domain);
    const wrong: Defined[] = [];
    let counting = 0;
    for (const one of defined) {
      const { text } = one;
      for (const { name, counter, updatedAt } of tables) {
        const changes = new RegExp(`update "${name}" set|insert into "${name}"[^]*do update\\s+set`, "i").test(text);
        if (!changes) continue;
        const counts =
          (counter === undefined || text.includes(`"${counter}" = "${name}"."${counter}" + 1`)) &&
          (updatedAt === undefined || text.includes(`"${updatedAt}" = now()`));
        if (counts) counting += 1;
        else if (emits(one) || !isSilent(one)) wrong.push(one);
      }
    }
    expect(wrong).toEqual([]);
    expect(counting).toBeGreaterThan(0);
  });
});

it("no statement of db/ increments the counter of a row by itself", () => {
  const spelled = globSync(["db/**/*.ts", "!**/*.test.ts"]).filter((file) =>
    /\b(version|generation)"? = [^,\n]+ \+ 1\b/.test(readFileSync(asset(file), "utf8")),
  );
  expect(spelled).toEqual([]);
});
