import { join } from "node:path";
import { z } from "zod";
import { domains, type Domain } from "#db/columns.ts";
import { type Login, logins } from "#db/logins.ts";
import { shortestRetentionSeconds } from "#db/change-history/retention.ts";
import { longestRetentionSeconds } from "#db/event-log/retention.ts";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { durationSeconds, isoDuration } from "#lib/duration.ts";
import { type Keyring, parseKeyring } from "#lib/trust/keyring.ts";
import { readRedisUrl } from "#lib/process/redis-url.ts";
import { readDatabaseUrl, readSecret } from "#lib/trust/secrets.ts";

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** The user of a connection to a domain's database. `admin` is the superuser with which `novacron prepare` creates the others. */
export type DatabaseUser = Login | "admin";
export type DatabaseUrls = Readonly<Partial<Record<DatabaseUser, string>>>;

/** `DATABASE_URL_VMS` is the owner's; `DATABASE_URL_VMS_SERVICE`, `_SYSTEM` and `_ADMIN` are the others'. */
const variableOf = (domain: Domain, user: DatabaseUser): string =>
  `${domain}${user === "owner" ? "" : `_${user}`}`.toUpperCase();
export const urlVariable = (domain: Domain, user: DatabaseUser): string => `DATABASE_URL_${variableOf(domain, user)}`;

const keyring = z.string().transform((text, context) => {
  const parsed = parseKeyring(text);
  // The text is a secret: no message shows it.
  if (!parsed) context.addIssue("not id:secret,id:secret with different ids and secrets of at least 32 characters");
  return parsed ?? z.NEVER;
});

const atLeastASecond = (text: string, context: z.RefinementCtx): number => {
  const seconds = durationSeconds(text);
  if (seconds !== undefined && seconds >= 1) return seconds;
  context.addIssue(`${text} is not an ISO 8601 duration of at least a second`);
  return z.NEVER;
};

const environmentShape = z.object({
  NOVACRON_DATA_DIR: z.string().min(1).default(".novacron"),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  EVENT_RETENTION: z
    .string()
    .default("P1D")
    .transform((text, context) => {
      const seconds = durationSeconds(text);
      if (seconds !== undefined && seconds >= 1 && seconds <= longestRetentionSeconds) return seconds;
      context.addIssue(
        `${text} is not an ISO 8601 duration of at least a second and at most ${isoDuration(longestRetentionSeconds)}`,
      );
      return z.NEVER;
    }),
  OPERATION_RETENTION: z.string().default("P30D").transform(atLeastASecond),
  VM_RETENTION: z.string().default("P7D").transform(atLeastASecond),
  CHANGE_RETENTION: z
    .string()
    .default("P365D")
    .transform((text, context) => {
      const seconds = durationSeconds(text);
      if (seconds !== undefined && seconds >= shortestRetentionSeconds) return seconds;
      context.addIssue(
        `${text} is not an ISO 8601 duration in weeks or days of at least ${isoDuration(shortestRetentionSeconds)}`,
      );
      return z.NEVER;
    }),
  HOST: z.string().min(1).default("127.0.0.1"),
  METRICS_PORT: z.preprocess((text) => text || undefined, z.coerce.number().int().min(0).max(65_535).optional()),
  NOVACRON_SIGNING_KEYS: z.optional(keyring),
  NOVACRON_ENCRYPTION_KEYS: z.optional(keyring),
  NOVACRON_PEPPER: z.string().min(32).optional(),
  NOVACRON_AUDIT_CHECKPOINTS: z.string().min(1).optional(),
  SIMULATED_HYPERVISOR_URL: z.url({ protocol: /^https?$/ }).optional(),
  SIMULATED_HYPERVISOR_TOKEN: z.string().min(1).optional(),
  NOVACRON_ENV: z.enum(["development", "production"]).default("development"),
});

export interface Environment {
  dataDir: string;
  production: boolean;
  /** Without it, events are announced by PostgreSQL's notifications. */
  redisUrl: string | undefined;
  /** Where jobs listen that run in a process of their own. */
  host: string;
  /** Where Prometheus finds the metrics; without it, they are not served. */
  metricsPort: number | undefined;
  /** How long after its delivery an event can be read at least. */
  eventRetentionSeconds: number;
  /** How long an operation is kept after its end. */
  operationRetentionSeconds: number;
  /** How long a deleted VM can be undeleted at least. */
  vmRetentionSeconds: number;
  /** How long the changes of entities are kept at least. */
  changeRetentionSeconds: number;
  /** Keys that are set here and not in the data folder. */
  keys: { signingKeys?: Keyring | undefined; encryptionKeys?: Keyring | undefined; pepper?: string | undefined };
  /** A process of the simulated hypervisor that runs elsewhere, and the token that it requires. */
  simulatedHypervisor: { url: string; token: string } | undefined;
  /** The file of the signed checkpoints of the audit log. */
  auditCheckpoints: string;
  /** The URLs of all five databases, at least one each. Undefined when the embedded server is used. */
  databaseUrls: Readonly<Record<Domain, DatabaseUrls>> | undefined;
}

/**
 * Reads the environment. @throws ConfigurationError that names every wrong variable, not only the first one; wrong files of secrets are reported before all
 * variables
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const parsed = environmentShape.safeParse(withSecrets(env));
  if (!parsed.success) {
    throw new ConfigurationError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  const urls = readDatabaseUrls(env);
  const missing = domains.filter((domain) => Object.keys(urls[domain]).length === 0);
  if (missing.length > 0 && missing.length < domains.length) {
    throw new ConfigurationError(
      missing.map(
        (domain) => `${urlVariable(domain, "owner")}: missing; give all five, or none for the embedded server`,
      ),
    );
  }
  return {
    dataDir: parsed.data.NOVACRON_DATA_DIR,
    production: parsed.data.NOVACRON_ENV === "production",
    host: parsed.data.HOST,
    metricsPort: parsed.data.METRICS_PORT,
    redisUrl: parsed.data.REDIS_URL,
    eventRetentionSeconds: parsed.data.EVENT_RETENTION,
    operationRetentionSeconds: parsed.data.OPERATION_RETENTION,
    vmRetentionSeconds: parsed.data.VM_RETENTION,
    changeRetentionSeconds: parsed.data.CHANGE_RETENTION,
    simulatedHypervisor: hypervisorOf(parsed.data),
    keys: {
      signingKeys: parsed.data.NOVACRON_SIGNING_KEYS,
      encryptionKeys: parsed.data.NOVACRON_ENCRYPTION_KEYS,
      pepper: parsed.data.NOVACRON_PEPPER,
    },
    auditCheckpoints:
      parsed.data.NOVACRON_AUDIT_CHECKPOINTS ?? join(parsed.data.NOVACRON_DATA_DIR, "audit-checkpoints.jsonl"),
    databaseUrls: missing.length === 0 ? urls : undefined,
  };
}

/** @throws ConfigurationError when one of the two is missing */
function hypervisorOf({
  SIMULATED_HYPERVISOR_URL: url,
  SIMULATED_HYPERVISOR_TOKEN: token,
}: z.infer<typeof environmentShape>): Environment["simulatedHypervisor"] {
  if (url === undefined) return undefined;
  if (token === undefined)
    throw new ConfigurationError(["SIMULATED_HYPERVISOR_TOKEN: missing; SIMULATED_HYPERVISOR_URL requires it"]);
  return { url, token };
}

/** @throws ConfigurationError that names every variable that is no URL of a PostgreSQL */
function readDatabaseUrls(env: NodeJS.ProcessEnv): Record<Domain, DatabaseUrls> {
  const wrong: string[] = [];
  const urlsOf = (domain: Domain): DatabaseUrls =>
    Object.fromEntries(
      [...logins, "admin" as const].flatMap((user) => {
        const url = readDatabaseUrl(variableOf(domain, user), env);
        if (url === undefined) return [];
        const { error } = postgresUrl.safeParse(url);
        if (error) wrong.push(`${urlVariable(domain, user)}: ${error.issues[0]?.message}`);
        return [[user, url]];
      }),
    );
  const urls = Object.fromEntries(domains.map((domain) => [domain, urlsOf(domain)])) as Record<Domain, DatabaseUrls>;
  if (wrong.length > 0) throw new ConfigurationError(wrong);
  return urls;
}

/** Returns the same environment, with the secrets that it names in files. */
const withSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  REDIS_URL: readRedisUrl(env),
  NOVACRON_SIGNING_KEYS: readSecret("NOVACRON_SIGNING_KEYS", env),
  NOVACRON_ENCRYPTION_KEYS: readSecret("NOVACRON_ENCRYPTION_KEYS", env),
  NOVACRON_PEPPER: readSecret("NOVACRON_PEPPER", env),
  SIMULATED_HYPERVISOR_TOKEN: readSecret("SIMULATED_HYPERVISOR_TOKEN", env),
});
