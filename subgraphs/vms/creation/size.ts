import type { VmResourceConfig } from "#db/vms/schema/vm-config.ts";
import { userError, type UserError } from "#lib/graphql/user-errors.ts";
import type { UserErrorCode } from "../generated/enums.ts";

/** The amounts that a caller requests for a VM. */
export interface ResourcesInput {
  cpuMillicores: number;
  memoryBytes: number | bigint;
  storageBytes?: number | bigint | null | undefined;
  networkBandwidthMbps?: number | null | undefined;
  gpuCount?: number | null | undefined;
  gpuMilli?: number | null | undefined;
  gpuModels?: readonly string[] | null | undefined;
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** The smallest and the largest amount of each kind: beyond any machine that exists, a request is a mistake. */
const sizeLimits = {
  cpuMillicores: { from: 10, to: 4_096_000 },
  memoryMb: { from: 16, to: 64 * 2 ** 20 },
  storageGb: { from: 1, to: 2 ** 20 },
  networkMbps: { from: 1, to: 1_000_000 },
  gpuCount: { from: 1, to: 64 },
} as const;

/** Returns the resources of a VM in the units in which they are stored, or every error in them. */
export function resourceConfigOf(input: ResourcesInput): VmResourceConfig | readonly UserError<UserErrorCode>[] {
  const errors: UserError<UserErrorCode>[] = [];
  const amount = (
    name: keyof typeof sizeLimits,
    field: keyof ResourcesInput,
    given: number | bigint | null | undefined,
    unit = 1,
  ): number | undefined => {
    if (given === null || given === undefined) return undefined;
    const { from, to } = sizeLimits[name];
    const units = Number(given) / unit;
    if (Number.isInteger(units) && units >= from && units <= to) return units;
    const whole = unit === 1 ? "a whole number" : `a multiple of ${unit} bytes`;
    const message = `It must be ${whole}, from ${from * unit} to ${to * unit}.`;
    errors.push(userError("SIZE_INVALID", `resources.${field}`, message));
    return undefined;
  };
  const cpuMillicores = amount("cpuMillicores", "cpuMillicores", input.cpuMillicores);
  const memoryMb = amount("memoryMb", "memoryBytes", input.memoryBytes, mebibyte);
  const storageGb = amount("storageGb", "storageBytes", input.storageBytes, gibibyte);
  const networkMbps = amount("networkMbps", "networkBandwidthMbps", input.networkBandwidthMbps);
  const gpuCount = amount("gpuCount", "gpuCount", input.gpuCount);
  const { gpuMilli, gpuModels } = input;
  const mostMilli = 1_000 * (gpuCount ?? 0);
  if (typeof gpuMilli === "number" && (!Number.isInteger(gpuMilli) || gpuMilli < 1 || gpuMilli > mostMilli))
    errors.push(userError("SIZE_INVALID", "resources.gpuMilli", `It must be a whole number, from 1 to ${mostMilli}.`));
  if (errors.length > 0 || cpuMillicores === undefined || memoryMb === undefined) return errors;
  return {
    cpuMillicores,
    memoryMb,
    ...(storageGb === undefined ? {} : { storageGb }),
    ...(networkMbps === undefined ? {} : { networkMbps }),
    ...(gpuCount === undefined ? {} : { gpuCount }),
    ...(typeof gpuMilli === "number" ? { gpuMilli } : {}),
    ...(gpuModels && gpuModels.length > 0 ? { gpuModels: [...gpuModels] } : {}),
  };
}
