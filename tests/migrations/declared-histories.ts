import type { History } from "#db/change-history/history.ts";
import type { Domain } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";

/** Returns what a domain declares about the history of its tables. */
export const declaredHistories = async (domain: Domain): Promise<History[]> =>
  Object.values((await import(asset(`db/${domain}/change-history.ts`))) as Record<string, History>);
