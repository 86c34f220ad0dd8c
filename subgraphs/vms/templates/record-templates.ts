import type { Database, Scope } from "#db/client.ts";
import type { RecordedRow } from "#db/record-rows.ts";
import { addTemplates } from "#db/vms/record-writes.ts";
import type { vmTemplates } from "#db/vms/schema/vm-templates.ts";

/** Records templates. Existing ones stay as they are. @returns how many were added */
export const recordTemplates = (
  database: Database,
  scope: Scope,
  templates: readonly RecordedRow<typeof vmTemplates>[],
): Promise<number> => database.write(scope, (tx) => addTemplates(tx, templates));
