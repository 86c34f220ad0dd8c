/** Sized for a laptop that does other things as well; a caller's settings go over these. */
const defaults: Readonly<Record<string, string>> = {
  max_connections: "100",
  shared_buffers: "128MB",
  wal_level: "replica",
  max_wal_size: "1GB",
  min_wal_size: "80MB",
  checkpoint_timeout: "15min",
  autovacuum: "on",
  // Below the lock_timeout of our transactions (db/client.ts): of two that wait for each other one is found to, and run again, before both
  // would have given up.
  deadlock_timeout: "200ms",
  // Compiling a query costs more than it saves in lookups and pages of a hundred rows.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] %q%d ",
  log_destination: "stderr",
  logging_collector: "off",
};

/** What no caller may change: who can connect. */
const fixed: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
};

export function serverSettings(wanted: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...defaults, ...wanted, ...fixed };
}

export function sameSettings(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** As arguments of `postgres`: they win over postgresql.conf and leave the data folder as initdb made it. */
export const settingArguments = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
