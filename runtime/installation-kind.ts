/** The part of an API key that names the kind of installation that it is valid in. */
export type KeyEnvironment = "dev" | "prod";

export const isProduction = (env: NodeJS.ProcessEnv = process.env): boolean => env["NOVACRON_ENV"] === "production";

export const keyEnvironmentOf = (production: boolean): KeyEnvironment => (production ? "prod" : "dev");
