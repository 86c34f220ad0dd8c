import { existsSync, readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";
import { urlVariable } from "#runtime/environment.ts";
import { domains } from "#db/columns.ts";
import { logins } from "#db/logins.ts";
import { errorCodes } from "#lib/errors.ts";
import { documentsWithTables } from "../../scripts/document-tables/documents.ts";

const read = (path: string) => readFileSync(path, "utf8");

describe("the documents", () => {
  test("docs/errors.md has a heading for each error code, and no other", () => {
    const headings = [...read("docs/errors.md").matchAll(/^## (\w+)$/gm)].map(([, code]) => code);
    expect(headings.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
  });

  test.each(documentsWithTables)("$path has the table that follows from the code", ({ path, withTable }) => {
    // Ignores how the formatter aligns the columns of a table.
    const squeezed = (text: string) =>
      text
        .replaceAll(/[ -]{2,}/g, " ")
        .replaceAll(/\| +/g, "|")
        .replaceAll(/ +\|/g, "|");
    const document = read(path);
    expect(squeezed(withTable(document))).toBe(squeezed(document));
  });

  test(".env.example names every variable that the code reads, and no other", () => {
    const sources = globSync(["{cli,gateway,hypervisors,lib,runtime}/**/*.ts", "subgraphs/*/main.ts", "!**/*.test.ts"]);
    const used = new Set(
      sources.flatMap((file) =>
        [
          ...read(file).matchAll(
            /(?:process\.env\["|\.env\("|^ {2})([A-Z][A-Z0-9]*_?[A-Z0-9_]*)(?:"\]|"\)|: (?:z\b|postgresUrl))/gm,
          ),
        ].map(([, name]) => name ?? ""),
      ),
    );
    const named = new Set(
      [...read(".env.example").matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? ""),
    );
    for (const file of sources)
      for (const [, name] of read(file).matchAll(/read(?:Secret|Keyring|CallerKeys)\("([A-Z_]+)"/g))
        used.add(`${name}_FILE`);
    for (const file of sources)
      for (const [, name] of read(file).matchAll(/readPort\("([A-Z_]+)"/g)) used.add(name ?? "");
    const byDomain = /^(SUBGRAPH_URL|DATABASE_URL|DATABASE_PASSWORD)_/;
    expect([...named].filter((name) => byDomain.test(name)).toSorted()).toEqual(
      [
        ...domains.flatMap((domain) => [`SUBGRAPH_URL_${domain.toUpperCase()}`, urlVariable(domain, "owner")]),
        // The variables of one domain represent those of the others.
        ...[...logins.filter((login) => login !== "owner"), "admin" as const].map((user) => urlVariable("auth", user)),
        ...[...logins, "admin" as const].map((user) => `${urlVariable("auth", user).replace("URL", "PASSWORD")}_FILE`),
      ].toSorted(),
    );
    expect([...named].filter((name) => !byDomain.test(name)).toSorted()).toEqual([...used].toSorted());
  });

  test("the README's tree names only paths that exist", () => {
    const tree = /```text\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
    const paths = [...tree.matchAll(/^(\S+)/gm)].map(([path]) => path);
    expect(paths.length).toBeGreaterThan(8);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("links between documents lead to files that exist", () => {
    const dead = globSync(["README.md", "docs/**/*.md"]).flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
        .map(([, target]) => new URL(target ?? "", `file:///${file}`).pathname.slice(1))
        .filter((path) => !existsSync(path))
        .map((path) => `${file} → ${path}`),
    );
    expect(dead).toEqual([]);
  });
});
