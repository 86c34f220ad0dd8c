import { because, historyOf } from "../change-history/history.ts";
import { vmNetworks } from "./schema/vm-networks.ts";
import { vmSnapshots } from "./schema/vm-snapshots.ts";
import { vmTemplates } from "./schema/vm-templates.ts";
import { vms } from "./schema/vms.ts";

// What is recorded of the changes to each entity (docs/change-history.md). Documents of any shape may hold secrets, such as keys and passwords.

export const vmHistory = historyOf(vms, {
  type: "Vm",
  recorded: [
    "name",
    "displayName",
    "description",
    "state",
    "originState",
    "hypervisorType",
    "nodeId",
    "ownerId",
    "templateId",
    "resourceConfig",
    "tags",
    "isProtected",
    "deletedAt",
    "purgedAt",
  ],
  noted: ["networkConfig", "storageConfig", "securityConfig", "backupConfig", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const vmTemplateHistory = historyOf(vmTemplates, {
  type: "VmTemplate",
  recorded: ["name", "description", "version", "ownerId", "resourceConfig", "tags", "isPublic"],
  // The address of an image may contain a password or a token.
  noted: ["baseImage", "networkTemplate", "storageTemplate", "securityTemplate", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    rowVersion: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const vmSnapshotHistory = historyOf(vmSnapshots, {
  type: "VmSnapshot",
  recorded: ["name", "description", "snapshotType", "sizeBytes", "compressionType", "expiresAt"],
  // A path may be an address with a password or a token.
  noted: ["storagePath", "metadata"],
  unrecorded: {
    id: because.isKey,
    vmId: because.isParent,
    tenantId: because.isTenant,
    createdAt: because.isCreation,
  },
});

export const vmNetworkHistory = historyOf(vmNetworks, {
  type: "VmNetwork",
  recorded: ["networkName", "interfaceName", "ipAddress", "macAddress", "networkType", "vlanId", "bandwidthLimitMbps"],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    vmId: because.isParent,
    tenantId: because.isTenant,
    createdAt: because.isCreation,
  },
});
