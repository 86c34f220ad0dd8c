import postgres from "postgres";
import { type Domain, systemRole } from "../columns.ts";
import { isolation, safeBigint } from "../driver-settings.ts";
import { requireConfinedLogin } from "../service-login.ts";
import type { Statement } from "../statement.ts";

export interface SessionOptions {
  domain: Domain;
  url: string;
  /** The application name in pg_stat_activity. */
  name: string;
  channels: readonly string[];
  onNotify(channel: string, payload: string): void;
}

/** One connection under the domain's system role that listens. Its locks and channels end when it closes. */
export interface Session {
  run<Row>(statement: Statement<Row>, values?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** Resolves when the connection has closed, for whatever reason. */
  closed: Promise<void>;
  close(): Promise<void>;
}

const statementTimeoutMs = 10_000;
/** A server that has not even reported by then that it cancelled the statement is gone: the connection is half open. */
const answerMs = statementTimeoutMs + 2_000;

/** Opens a session. @throws when the database cannot be reached */
export async function openSession({ domain, url, name, channels, onNotify }: SessionOptions): Promise<Session> {
  let hasClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (hasClosed = resolve));
  // The driver's `listen` opens another connection, and loses a channel for good when the server is unavailable for long. The option that it uses is missing
  // from the driver's types.
  const options: postgres.Options<{ bigint: postgres.PostgresType }> & {
    onnotify(channel: string, payload: string): void;
  } = {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 5,
    keep_alive: 10,
    // No statement of a session has arrays, and querying their types may end the process: see db/client.ts.
    fetch_types: false,
    onnotice: () => undefined,
    types: { bigint: safeBigint },
    onclose: () => {
      // The driver would continue on another connection, which holds no lock and does not listen.
      void client.end({ timeout: 0 });
      hasClosed();
    },
    onnotify: onNotify,
    connection: {
      application_name: name,
      role: systemRole(domain),
      TimeZone: "UTC",
      statement_timeout: statementTimeoutMs,
      lock_timeout: 1_000,
      default_transaction_isolation: isolation,
      // A lock must not stay with a client that has vanished silently.
      tcp_keepalives_idle: 5,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 2,
    },
  };
  const client = postgres(url, options);
  try {
    await requireConfinedLogin(client, domain);
    for (const channel of channels) await client.unsafe(`listen ${channel}`);
  } catch (error) {
    await client.end({ timeout: 1 });
    throw error;
  }
  return {
    run: async <Row>(statement: Statement<Row>, values: Readonly<Record<string, unknown>> = {}) => {
      const giveUp = setTimeout(() => void client.end({ timeout: 0 }), answerMs);
      try {
        return (await client.unsafe(statement.text(), statement.parameters(values), {
          prepare: true,
        })) as unknown as Row[];
      } finally {
        clearTimeout(giveUp);
      }
    },
    closed,
    close: () => client.end({ timeout: 2 }),
  };
}
