/** Sized for a laptop that also runs other programs. A caller's settings override these. */
const defaults: Readonly<Record<string, string>> = {
  max_connections: "100",
  shared_buffers: "128MB",
  wal_level: "replica",
  max_wal_size: "1GB",
  min_wal_size: "80MB",
  checkpoint_timeout: "15min",
  autovacuum: "on",
  // Shorter than the lock_timeout of our transactions (db/client.ts). When two wait for each other, the server finds the deadlock and one is retried, before
  // both would have timed out.
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

/** Returns the settings as arguments of `postgres`. They override postgresql.conf, and the data folder stays as initdb made it. */
export const settingArguments = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
