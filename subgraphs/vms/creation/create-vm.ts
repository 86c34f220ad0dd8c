import type { WriteTx } from "#db/client.ts";
import { type NewOperation, operationOfKey, startOperation, type StartOutcome } from "#db/operations/requests.ts";
import { insertVm, lockVm, type NewVm } from "#db/vms/lifecycle-writes.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";
import type { VmTemplateRow } from "#db/vms/schema/vm-templates.ts";
import { recordTransitions } from "#db/vms/state-writes.ts";
import { templateFor } from "#db/vms/usable-templates.ts";
import { userError, type UserError } from "#lib/graphql/user-errors.ts";
import type { Tag } from "#lib/tags.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { idempotencyKeyOf, started } from "#subgraphs/operation-outcomes.ts";
import { done, notThere, type Outcome, type Refused, refused, write } from "#subgraphs/use-case.ts";
import { type Errors, isErrors } from "../errors.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import type { ActionRequest, ActionValue } from "../lifecycle/begin-action.ts";
import { ofWorkersAlone } from "../operations/machinery.ts";
import { requestedAmounts } from "../operations/requested-amounts.ts";
import type { VmsServices } from "../services.ts";
import { takeSlot } from "../slots/take-slot.ts";
import { type CreateInput, createVmOperation } from "./create-vm-operation.ts";
import { overQuota, quotaOf } from "./quota.ts";
import { resourceConfigOf, type ResourcesInput } from "./size.ts";
import { nameErrors, requireTexts } from "../vms/vm-texts.ts";
import { tagsOf } from "./tags.ts";

export interface NewVmRequest extends Pick<ActionRequest, "idempotencyKey" | "dryRun"> {
  name: string;
  displayName?: string | null | undefined;
  description?: string | null | undefined;
  templateId?: string | null | undefined;
  /** The template's when left out. */
  resources?: ResourcesInput | null | undefined;
  hypervisorType?: VmRow["hypervisorType"] | null | undefined;
  tags?: readonly Tag[] | null | undefined;
  /** Whether the VM is started when it has been made. */
  start?: boolean | null | undefined;
}

/** The payload of a dry run. */
const nothing = { vm: null, operation: null } as const;

type Created = Outcome<ActionValue | typeof nothing, UserErrorCode>;

const definition = createVmOperation(ofWorkersAlone);
const defaultStorageGb = 10;

/** Creates a VM. It is in the state `creating` at once, and its operation brings it up on a node with room for it. */
export async function createVm(services: VmsServices, request: RequestContext, asked: NewVmRequest): Promise<Created> {
  const idempotencyKey = idempotencyKeyOf(asked);
  requireTexts(asked);
  // Called before the transaction: nothing waits for another service with a connection.
  const quota = await quotaOf(services, request);
  const create = async (tx: WriteTx): Promise<Created> => {
    const template = typeof asked.templateId === "string" ? await templateFor(tx, asked.templateId) : undefined;
    const vm = newVmOf(request, asked, template);
    if (isErrors(vm)) return refused(...vm);
    const wanted: NewOperation<CreateInput> = {
      input: inputOf(vm, template, asked.start ?? true),
      made: ["vmId"],
      subject: `Vm:${vm.id}`,
      done: [{ vmId: vm.id }, { vmId: vm.id }],
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    const known = await operationOfKey(tx, definition, wanted);
    if (known) return ofKey(tx, known);
    const start = await startOperation(tx, definition, wanted);
    if (start.outcome !== "started") return ofKey(tx, start);
    const row = await insertVm(tx, vm);
    if (!row) return refused(userError("NAME_TAKEN", "name"));
    const exceeded = await overQuota(tx, quota);
    if (exceeded.length > 0) return refused(...exceeded);
    const operationId = start.id;
    await recordTransitions(tx, [{ vmId: vm.id, from: null, to: "creating", operationId }]);
    await takeSlot(tx, { vmId: vm.id, operationId, operationKind: definition.kind, token: 0 });
    // What was checked by writing is written only if it is wanted.
    if (asked.dryRun) throw new DryRun();
    return done({ vm: row, operation: { id: operationId } });
  };
  try {
    return await write<ActionValue | typeof nothing, UserErrorCode>(services, request, create);
  } catch (error) {
    if (error instanceof DryRun) return done(nothing);
    throw error;
  }
}

/** Rolls a dry run back, after all of its checks. No other code sees it. */
class DryRun extends Error {}

/** Returns the row of the VM, or every error in the request. */
function newVmOf(request: RequestContext, asked: NewVmRequest, template: VmTemplateRow | undefined): NewVm | Errors {
  const errors: UserError<UserErrorCode>[] = [];
  const { name, resources, templateId } = asked;
  errors.push(...nameErrors(name));
  if (typeof templateId === "string" && !template) errors.push(userError("TEMPLATE_UNKNOWN", "templateId"));
  const size = resources ? resourceConfigOf(resources) : template?.resourceConfig;
  if (!size && !(typeof templateId === "string" && !template)) errors.push(userError("RESOURCES_MISSING", "resources"));
  if (size && isErrors(size)) errors.push(...size);
  const tags = tagsOf(asked.tags ?? []);
  if (isErrors(tags)) errors.push(...tags);
  if (errors.length > 0 || !size || isErrors(size) || isErrors(tags)) return errors;
  return {
    id: newId(),
    name,
    displayName: asked.displayName ?? null,
    description: asked.description ?? null,
    hypervisorType: asked.hypervisorType ?? "kvm",
    ownerId: request.identity.id,
    templateId: template?.id ?? null,
    resourceConfig: { ...size, storageGb: size.storageGb ?? defaultStorageGb },
    networkConfig: template?.networkTemplate ?? null,
    storageConfig: template?.storageTemplate ?? null,
    securityConfig: template?.securityTemplate ?? null,
    tags: { ...template?.tags, ...tags },
  };
}

const inputOf = (
  { id, name, resourceConfig, tags }: NewVm,
  template: VmTemplateRow | undefined,
  start: boolean,
): CreateInput => ({
  vmId: id,
  name,
  resources: requestedAmounts(resourceConfig),
  tags,
  image: template?.baseImage ?? null,
  disks: [{ name: "root", sizeGb: resourceConfig.storageGb ?? defaultStorageGb }],
  interfaces: [],
  start,
});

/** Returns the VM and the operation of the first request with the key. */
async function ofKey(tx: WriteTx, known: Exclude<StartOutcome, { outcome: "started" }>): Promise<Created> {
  const outcome = started(known);
  if (outcome.kind === "refused") return outcome satisfies Refused<UserErrorCode>;
  const vmId = "subject" in known ? known.subject?.split(":")[1] : undefined;
  const locked = vmId === undefined ? undefined : await lockVm(tx, vmId);
  return locked ? done({ vm: locked.vm, operation: { id: known.id } }) : notThere("VM");
}
