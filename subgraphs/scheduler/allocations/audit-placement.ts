import type { AuditedClaim, AuditedNode } from "#db/scheduler/placement-audit.ts";
import { resourceClasses } from "#db/scheduler/schema/node-resources.ts";

/** A VM as the vms database has it. */
export interface AuditedVm {
  id: string;
  nodeId: string | null;
  state: string;
}

export interface Placement {
  nodes: readonly AuditedNode[];
  claims: readonly AuditedClaim[];
  vms: readonly AuditedVm[];
  /** VMs that an operation works on. What it has done in one database and not yet in the other is no difference. */
  busy: ReadonlySet<string>;
}

export interface Difference {
  what:
    | "node amounts"
    | "VM without claim"
    | "claim without VM"
    | "claim elsewhere"
    | "second claim"
    | "claim not released";
  /** The node of amounts, or the VM. */
  id: string;
  detail: string;
}

/** These have released their claims, or have none yet; a VM that is stopped may be either. */
const needNoClaim: ReadonlySet<string> = new Set(["creating", "stopped", "suspended", "deleted", "error"]);
const onNode: ReadonlySet<string> = new Set(["active", "migrating"]);

/** Returns every difference between the claims, the allocated amounts of the nodes, and the nodes of the VMs. */
export function auditPlacement({ nodes, claims, vms, busy }: Placement): Difference[] {
  const vmById = new Map(vms.map((vm) => [vm.id, vm]));
  const used = usedClaims(claims, busy);
  const ofVms = vms.flatMap(({ id, nodeId, state }): Difference[] =>
    nodeId === null || busy.has(id) || needNoClaim.has(state) || used.has(id)
      ? []
      : [{ what: "VM without claim", id, detail: `is ${state} on the node ${nodeId}` }],
  );
  const ofClaimed = [...used].flatMap(([vmId, ofVm]) => ofClaims(vmById.get(vmId), vmId, ofVm));
  const left = claims.flatMap(({ id, vmId, nodeId, status }): Difference[] =>
    status === "releasing" && !busy.has(vmId)
      ? [
          {
            what: "claim not released",
            id: vmId,
            detail: `no operation releases the claim ${id} on the node ${nodeId}`,
          },
        ]
      : [],
  );
  return [...nodes.flatMap(ofNode), ...ofClaimed, ...ofVms, ...left];
}

/** Returns the claims that VMs use, by VM. A reservation that no operation has used in time ends by itself. */
function usedClaims(claims: readonly AuditedClaim[], busy: ReadonlySet<string>): Map<string, AuditedClaim[]> {
  const used = new Map<string, AuditedClaim[]>();
  for (const claim of claims)
    if (onNode.has(claim.status) && !busy.has(claim.vmId))
      used.set(claim.vmId, [...(used.get(claim.vmId) ?? []), claim]);
  return used;
}

function ofNode({ id, name, allocated, claimed }: AuditedNode): Difference[] {
  const wrong = resourceClasses.filter((resource) => allocated[resource] !== claimed[resource]);
  if (wrong.length === 0) return [];
  const detail = wrong.map((resource) => `${resource} ${allocated[resource]}, claimed ${claimed[resource]}`).join("; ");
  return [{ what: "node amounts", id, detail: `${name}: ${detail}` }];
}

/** Returns the differences of the claims that a VM uses. */
function ofClaims(vm: AuditedVm | undefined, vmId: string, claims: readonly AuditedClaim[]): Difference[] {
  const ids = claims.map(({ id }) => id).join(", ");
  if (!vm || vm.state === "deleted")
    return [
      { what: "claim without VM", id: vmId, detail: `${vm ? "the VM is deleted" : "there is no such VM"}: ${ids}` },
    ];
  const elsewhere = claims
    .filter(({ nodeId }) => nodeId !== vm.nodeId)
    .map(({ id, nodeId }): Difference => {
      const detail = `the claim ${id} is on the node ${nodeId}, the VM on ${vm.nodeId ?? "none"}`;
      return { what: "claim elsewhere", id: vmId, detail };
    });
  return claims.length > 1 ? [...elsewhere, { what: "second claim", id: vmId, detail: `has ${ids}` }] : elsewhere;
}
