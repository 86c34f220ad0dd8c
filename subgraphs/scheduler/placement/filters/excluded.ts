import { type Filter, fits, reason } from "../plugin.ts";

const refusal = reason("excluded", "is excluded, because it has refused the VM");

/** Passes a node that the request does not exclude. */
export const excluded: Filter = ({ id }, { excludedNodeIds }) => (excludedNodeIds.has(id) ? refusal : fits);
