import { type Filter, fits, reason } from "../plugin.ts";

const other = reason("pinned", "is not a node that the VM is pinned to");

/** Passes a node that each pin of the VM names. */
export const pinned: Filter = ({ id }, { rules: { pinToNodes } }) =>
  pinToNodes.every(({ nodeIds }) => nodeIds.includes(id)) ? fits : other;
