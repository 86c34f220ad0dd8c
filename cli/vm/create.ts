import { isUuid } from "#lib/uuid.ts";
import { failure, type Gateway, query } from "../graph/gateway.ts";
import { act } from "./act.ts";
import type { Session } from "./session.ts";

export interface CreateOptions {
  template?: string;
  /** Thousandths of a core. */
  cpu?: number;
  /** Bytes. */
  memory?: number;
  /** Bytes. */
  disk?: number;
  wait: boolean;
}

interface Resources {
  cpuMillicores: number;
  memoryBytes: number | string;
  storageBytes: number | string | null;
}
interface Template {
  id: string;
  name: string;
  version: string;
  resources: Resources;
}

/** The size of a VM without a template. */
const defaultSize = { cpu: 2_000, memory: 4 * 2 ** 30, disk: 20 * 2 ** 30 };

/** Creates a VM. What the options do not give is the template's, or the default size where there is none. */
export async function createVm(session: Session, name: string, options: CreateOptions): Promise<void> {
  const template = options.template === undefined ? undefined : await templateNamed(session.gateway, options.template);
  const { cpu, memory, disk } = options;
  const isSized = [cpu, memory, disk].some((amount) => amount !== undefined);
  // Everything else that a template requests, such as GPUs, stays.
  const resources = {
    ...template?.resources,
    cpuMillicores: cpu ?? template?.resources.cpuMillicores ?? defaultSize.cpu,
    memoryBytes: memory ?? template?.resources.memoryBytes ?? defaultSize.memory,
    storageBytes: disk ?? (template ? template.resources.storageBytes : defaultSize.disk),
  };
  const input = { name, ...(template && { templateId: template.id }), ...((isSized || !template) && { resources }) };
  await act(session, { mutation: "createVm", input, vm: name, noWait: !options.wait });
}

const fields = `id name version resources {
  cpuMillicores memoryBytes storageBytes networkBandwidthMbps gpuCount gpuMilli gpuModels }`;

/** Returns the template of this id or name, which may be followed by a colon and its version; the newest of several versions. @throws Error NOT_FOUND */
async function templateNamed(gateway: Gateway, given: string): Promise<Template> {
  const isId: boolean = isUuid(given);
  if (isId) {
    const document = `query ($id: ID!) { vmTemplate(id: $id) { ${fields} } }`;
    return (await query<{ vmTemplate: Template }>(gateway, document, { id: given })).vmTemplate;
  }
  const names = [given, given.slice(0, Math.max(0, given.lastIndexOf(":")))].filter((name) => name !== "");
  const document = `query ($names: [String!]) { vmTemplates(first: 100, filter: { name: $names }) { nodes { ${fields} } } }`;
  const { vmTemplates } = await query<{ vmTemplates: { nodes: Template[] } }>(gateway, document, { names });
  const { nodes } = vmTemplates;
  const found =
    nodes.find(({ name }) => name === given) ?? nodes.find((each) => `${each.name}:${each.version}` === given);
  if (!found) throw failure("NOT_FOUND", `There is no template ${given}.`);
  return found;
}
