import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { asset } from "#lib/assets.ts";

const serviceShape = z.strictObject({
  image: z.string(),
  build: z.literal(".").optional(),
  restart: z.literal("unless-stopped").optional(),
  profiles: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  user: z.string().optional(),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  tmpfs: z.array(z.string()).default([]),
  shm_size: z.string().optional(),
  pids_limit: z.number().optional(),
  mem_limit: z.string().optional(),
  cpus: z.number().optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  deploy: z.strictObject({ replicas: z.number() }).default({ replicas: 1 }),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string().optional(),
      retries: z.number(),
    })
    .optional(),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.enum(["service_healthy", "service_completed_successfully"]) }))
    .default({}),
});

export type Service = z.infer<typeof serviceShape>;

/** Interpolates `${NAME:-default}` as Compose does where the variable is not set; every other `$` is an error. */
function interpolated(value: unknown): unknown {
  if (typeof value === "string") {
    const text = value.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, "$1");
    if (text.includes("$")) throw new Error(`docker-compose.yml has an unsupported interpolation: ${value}`);
    return text;
  }
  if (Array.isArray(value)) return value.map(interpolated);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolated(each)]));
}

/** docker-compose.yml with its anchors and merges resolved, in an empty environment; an unknown key is an error. */
export const compose = z
  .object({
    services: z.record(z.string(), serviceShape),
    networks: z.record(z.string(), z.strictObject({ internal: z.literal(true) }).nullable()),
    secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(interpolated(parse(readFileSync(asset("docker-compose.yml"), "utf8"), { merge: true, maxAliasCount: -1 })));

const dockerfile = readFileSync(asset("Dockerfile"), "utf8");

/** The variables that the product's image sets for every process. */
export const imageEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = ""]) =>
    pairs.split(" ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  ),
);
