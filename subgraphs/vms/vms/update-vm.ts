import { isUniqueViolation } from "#db/database-errors.ts";
import { updateVm as update } from "#db/vms/vm-writes.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { Tag } from "#lib/tags.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, refused, type Services } from "#subgraphs/use-case.ts";
import { tagsOf } from "../creation/tags.ts";
import { isErrors } from "../errors.ts";
import type { ActionRequest } from "../lifecycle/begin-action.ts";
import { changeVm, type VmOutcome } from "./change-vm.ts";
import { nameErrors, requireTexts } from "./vm-texts.ts";

/** Fields that are left out stay unchanged, and so does the name when it is null. */
export interface VmUpdate extends ActionRequest {
  name?: string | null | undefined;
  displayName?: string | null | undefined;
  description?: string | null | undefined;
}

/**
 * Changes the name, the display name or the description of a VM.
 * @throws InvalidArgument for a display name or a description that is too long
 */
export async function updateVm(services: Services, request: RequestContext, asked: VmUpdate): Promise<VmOutcome> {
  requireTexts(asked);
  const errors = typeof asked.name === "string" ? nameErrors(asked.name) : [];
  const updating = changeVm(services, request, "updateVm", asked, async (tx, { vm }) => {
    // Other errors come first: a VM that is not there has no name.
    if (errors.length > 0) return refused(...errors);
    const { name, displayName = vm.displayName, description = vm.description } = asked;
    return done({ vm: await update(tx, vm, { name: name ?? vm.name, displayName, description }) });
  });
  return updating.catch((error: unknown) => {
    if (isUniqueViolation(error)) return refused(userError("NAME_TAKEN", "name"));
    throw error;
  });
}

/** Replaces the tags of a VM. */
export function setVmTags(
  services: Services,
  request: RequestContext,
  asked: ActionRequest & { tags: readonly Tag[] },
): Promise<VmOutcome> {
  const tags = tagsOf(asked.tags);
  return changeVm(services, request, "setVmTags", asked, async (tx, { vm }) =>
    isErrors(tags) ? refused(...tags) : done({ vm: await update(tx, vm, { tags }) }),
  );
}
