import { z } from "zod";
import { domains, type Domain } from "#db/columns.ts";

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

const environmentShape = z.object({
  DATABASE_URL_AUTH: postgresUrl.optional(),
  DATABASE_URL_VMS: postgresUrl.optional(),
  DATABASE_URL_MONITORING: postgresUrl.optional(),
  DATABASE_URL_FEDERATION: postgresUrl.optional(),
  DATABASE_URL_SCHEDULER: postgresUrl.optional(),
  NOVACRON_DATA_DIR: z.string().min(1).default(".novacron"),
  NOVACRON_ENV: z.enum(["development", "production"]).default("development"),
});

export interface Environment {
  dataDir: string;
  production: boolean;
  /** All five, or undefined: then the embedded server is used. */
  databaseUrls: Record<Domain, string> | undefined;
}

/** @throws ConfigurationError that names every variable that is wrong, not the first one only */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const parsed = environmentShape.safeParse(env);
  if (!parsed.success) {
    throw new ConfigurationError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  const urls = Object.fromEntries(
    domains.map((domain) => [domain, parsed.data[`DATABASE_URL_${domain.toUpperCase()}` as "DATABASE_URL_VMS"]]),
  );
  const missing = domains.filter((domain) => !urls[domain]);
  if (missing.length > 0 && missing.length < domains.length) {
    throw new ConfigurationError(
      missing.map(
        (domain) => `DATABASE_URL_${domain.toUpperCase()}: missing; give all five, or none for the embedded server`,
      ),
    );
  }
  return {
    dataDir: parsed.data.NOVACRON_DATA_DIR,
    production: parsed.data.NOVACRON_ENV === "production",
    databaseUrls: missing.length === 0 ? (urls as Record<Domain, string>) : undefined,
  };
}

export class ConfigurationError extends Error {
  readonly code = "CONFIGURATION_INVALID";
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}
