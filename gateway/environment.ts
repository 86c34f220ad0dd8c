import { z } from "zod";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { type AddressRange, parseAddressRange } from "#lib/trust/ip-address.ts";
import { type DocumentModes, openToAll } from "./documents/documents.ts";
import { parseDocumentModes } from "./documents/modes.ts";

const environmentShape = z.object({
  ALLOWED_ORIGINS: z
    .string()
    .default("")
    .transform((text, context) => {
      const origins = text.split(",").flatMap((part) => part.trim() || []);
      for (const origin of origins)
        if (!isOrigin(origin)) context.addIssue(`${origin} is not an origin such as https://console.example`);
      return origins;
    }),
  TRUSTED_PROXIES: z
    .string()
    .default("")
    .transform((text, context) =>
      text.split(",").flatMap((part) => {
        const range = parseAddressRange(part.trim());
        if (part.trim() && !range) context.addIssue(`${part.trim()} is not an address or network such as 10.0.0.0/8`);
        return range ? [range] : [];
      }),
    ),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  NOVACRON_DOCUMENTS: z.string().min(1).optional(),
  NOVACRON_DOCUMENT_MODES: z
    .string()
    .optional()
    .transform((text, context) => {
      const modes = text === undefined ? openToAll : parseDocumentModes(text);
      if (!modes) context.addIssue("not open, audit, safelist or ids, nor such as session=open,api_key=ids");
      return modes ?? z.NEVER;
    }),
});

/** What a gateway reads from its environment, wherever it runs. */
export interface GatewayEnvironment {
  /** The sites whose pages may send requests. */
  allowedOrigins: readonly string[];
  /** Proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies: readonly AddressRange[];
  /** The port for the Prometheus metrics of a gateway that runs in its own process; without it the metrics are not served. */
  metricsPort: number | undefined;
  /** The manifest of known documents. */
  documentsFile: string | undefined;
  documentModes: DocumentModes;
}

/** @throws ConfigurationError that names every variable that is wrong */
export function readGatewayEnvironment(env: NodeJS.ProcessEnv = process.env): GatewayEnvironment {
  // An empty variable counts as unset: Compose turns `${NAME:-}` into one.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const { data, error } = environmentShape.safeParse(given);
  if (!data) throw new ConfigurationError(error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  return {
    allowedOrigins: data.ALLOWED_ORIGINS,
    trustedProxies: data.TRUSTED_PROXIES,
    metricsPort: data.METRICS_PORT,
    documentsFile: data.NOVACRON_DOCUMENTS,
    documentModes: data.NOVACRON_DOCUMENT_MODES,
  };
}

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
