import { randomBytes } from "node:crypto";
import { adminUrl, asOwner, urlOf } from "#tests/harness/server.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";

export interface ComposedDatabase {
  /** Returns a URL for this user that leads through the proxy and has no password, as services receive it. */
  urlOf(user: string): string;
  /** The URL of the server itself, with the password. */
  ownerUrl: string;
  /** Cuts the database off from all services. */
  proxy: TcpProxy;
  drop(): Promise<void>;
}

/**
 * Creates what PostgreSQL's image makes of its variables when its volume is new: an empty database, and a superuser for it. Both are on the tests' server,
 * under unique names.
 */
export async function createDatabase(
  { POSTGRES_DB, POSTGRES_USER }: Readonly<Record<string, string>>,
  password: string,
): Promise<ComposedDatabase> {
  const suffix = randomBytes(6).toString("hex");
  const [database, owner] = [`${POSTGRES_DB}_${suffix}`, `${POSTGRES_USER}_${suffix}`];
  await asOwner(adminUrl(), async (sql) => {
    await sql.unsafe(`create role ${owner} superuser login password '${password}'`);
    await sql.unsafe(`create database ${database} owner ${owner}`);
  });
  const url = new URL(urlOf(database));
  [url.username, url.password] = [owner, ""];
  const proxy = await tcpProxy(url.href);
  const proxied = proxy.url;
  url.password = encodeURIComponent(password);
  return {
    urlOf: (user) => {
      const there = new URL(proxied);
      there.username = user === POSTGRES_USER ? owner : user;
      return there.href;
    },
    ownerUrl: url.href,
    proxy,
    drop: async () => {
      await proxy.cut();
      await asOwner(adminUrl(), async (sql) => {
        await sql.unsafe(`drop database ${database} with (force)`);
        await sql.unsafe(`drop role ${owner}`);
      });
    },
  };
}
