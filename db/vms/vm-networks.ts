import { oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type VmNetworkRow, vmNetworks } from "./schema/vm-networks.ts";

export const vmNetworkById = lookup<VmNetworkRow>({ table: vmNetworks });

export const vmNetworkList = defineList<VmNetworkRow>({
  table: vmNetworks,
  filters: {
    vm: oneOf(vmNetworks.vmId),
    networkName: oneOf(vmNetworks.networkName),
    vlanId: oneOf(vmNetworks.vlanId),
    ipAddress: oneOf(vmNetworks.ipAddress),
  },
  orders: { CREATED_AT: vmNetworks.createdAt, INTERFACE_NAME: vmNetworks.interfaceName },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});

export const networksOfVm = vmNetworkList.under(by(vmNetworks.vmId));
