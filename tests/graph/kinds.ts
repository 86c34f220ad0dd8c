import { operationIdIn, type OperationDomain } from "#lib/operations/operation-id.ts";
import { authKinds } from "./rows/auth.ts";
import { federationKinds } from "./rows/federation.ts";
import { monitoringKinds } from "./rows/monitoring.ts";
import { schedulerKinds } from "./rows/scheduler.ts";
import { vmsKinds } from "./rows/vms.ts";

/** The operations of each domain. Their ids name it. */
const operationKinds = [
  "authOperation",
  "vmsOperation",
  "monitoringOperation",
  "federationOperation",
  "schedulerOperation",
] as const;

/** The kinds of objects of which tests insert rows. */
export const kinds = [
  ...authKinds,
  ...vmsKinds,
  ...monitoringKinds,
  ...federationKinds,
  ...schedulerKinds,
  ...operationKinds,
] as const;
/** `operation` is any operation: one of the vms domain. */
export type Kind = (typeof kinds)[number] | "operation";

const hex = (value: number, width: number) => value.toString(16).padStart(width, "0");

/** Returns the beginning of the ids of all rows of a kind that belong to the tenant of this number. */
export function idPrefix(tenant: number, kind: string): string {
  if (kind === "operation") return idPrefix(tenant, "vmsOperation");
  const number = kinds.findIndex((each) => each === kind);
  if (number < 0) throw new Error(`tests/graph/rows has no kind ${kind}.`);
  const prefix = `0197a000-${hex(tenant, 4)}-7000-8${hex(number, 3)}-`;
  const domain = /^(\w+)Operation$/.exec(kind)?.[1];
  return domain === undefined ? prefix : operationIdIn(domain as OperationDomain, prefix);
}
