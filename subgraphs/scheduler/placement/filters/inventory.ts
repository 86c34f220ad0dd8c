import { type Filter, fits, reason } from "../plugin.ts";

const unknown = reason("no_inventory", "has not reported its inventory");

/** Passes a node whose first complete inventory was received. Before that, neither its resources nor the reserved part of them are known. */
export const inventory: Filter = ({ inventoriedAt }) => (inventoriedAt === null ? unknown : fits);
