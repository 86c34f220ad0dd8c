import { type Filter, fits, reason } from "../plugin.ts";

/** Passes a node whose label `hypervisor` is one that each rule accepts. */
export const hypervisor: Filter = ({ labels }, { rules: { hypervisors } }) => {
  const own = labels["hypervisor"];
  if (hypervisors.every(({ anyOf }) => own !== undefined && anyOf.includes(own))) return fits;
  return reason("hypervisor", own === undefined ? "does not state its hypervisor" : `runs the hypervisor ${own}`);
};
