import { oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { vmNetworkHistory } from "./change-history.ts";
import { vmNetworks } from "./schema/vm-networks.ts";

export const vmNetworkEntity = defineEntity({
  table: vmNetworks,
  history: vmNetworkHistory,
  filters: {
    vm: oneOf(vmNetworks.vmId),
    networkName: oneOf(vmNetworks.networkName),
    vlanId: oneOf(vmNetworks.vlanId),
    ipAddress: oneOf(vmNetworks.ipAddress),
  },
  orders: { CREATED_AT: vmNetworks.createdAt, INTERFACE_NAME: vmNetworks.interfaceName },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.networks": by(vmNetworks.vmId),
  },
});
