import { type Domain, domains } from "#db/columns.ts";
import type { Issuer } from "#lib/trust/call-keys.ts";

/** The signers of calls, and the subgraphs that each may call. docs/decisions/keys-between-processes.md has the reasons. */
const callees: Readonly<Record<Issuer, readonly Domain[]>> = {
  gateway: domains,
  // The slots of VMs, and their allocations on nodes.
  jobs: ["vms", "scheduler"],
  // The operations of the other domains, and the quotas that auth has.
  vms: domains.filter((domain) => domain !== "vms"),
};

export const issuers: readonly Issuer[] = Object.keys(callees);

/** Returns the subgraphs that an issuer may call. */
export const calleesOf = (issuer: Issuer): readonly Domain[] => callees[issuer] ?? [];
