import { basename } from "node:path";
import { importedId } from "#lib/uuid.ts";
import { recordNodes } from "#subgraphs/scheduler/nodes/nodes.ts";
import { ImportError, readRows, Rejections, sourceFiles } from "./csv.ts";
import { type FleetDatabases, type ImportOptions, progressOf } from "./fleet.ts";
import { writeHistory } from "./generated-history.ts";
import { ensurePeople } from "./people.ts";
import { placeVms } from "./place-vms.ts";

export const openbDataset = "openb";

export interface OpenbResult {
  file: string;
  clusters: number;
  nodes: number;
  /** Rows that were new or different: 0 when the same file is imported again. */
  changed: number;
  rejected: number;
  rejections: string[];
  /** The number of VMs of the tenant that had no node and have one now, and of those for which no node has room. */
  placed: number;
  unplaced: number;
}

const columns = ["sn", "cpu_milli", "memory_mib", "gpu", "model"] as const;
/** The trace does not give the disk and network of its nodes; these values are assumed. */
const assumed = { storageGb: 8_000, networkMbps: 25_000 };
const region = "openb";
/** All nodes are read before any is written. */
const mostNodes = 1_000_000;

/** Returns the node of a row, or why the row cannot be read. */
function nodeOf(row: Record<(typeof columns)[number], string>) {
  const cpuMillicores = amount(row.cpu_milli);
  const memoryMb = amount(row.memory_mib);
  const gpuCount = amount(row.gpu);
  if (!/^[\w.-]{1,100}$/.test(row.sn)) return "sn: the node has no usable name";
  if (cpuMillicores === undefined) return `cpu_milli: ${JSON.stringify(row.cpu_milli)} is not a whole number`;
  if (memoryMb === undefined) return `memory_mib: ${JSON.stringify(row.memory_mib)} is not a whole number`;
  if (gpuCount === undefined || gpuCount > 64) return `gpu: ${JSON.stringify(row.gpu)} is not a number of GPUs`;
  if (row.model.length > 100) return "model: too long";
  return { sn: row.sn, cpuMillicores, memoryMb, gpuCount, model: row.model || null };
}

const amount = (text: string): number | undefined => {
  const value = Number(text);
  return text !== "" && Number.isInteger(value) && value >= 0 && value <= 2_000_000_000 ? value : undefined;
};

type OpenbNode = Exclude<ReturnType<typeof nodeOf>, string>;

/**
 * Imports the nodes of the openb trace, one cluster for each GPU model and one for the nodes without. Then places every VM of the tenant that is on no node,
 * within capacity, so that imports may run in any order.
 */
export async function importOpenb(dbs: FleetDatabases, path: string, options: ImportOptions): Promise<OpenbResult> {
  const { tenant, now = new Date(), signal } = options;
  const [file] = await sourceFiles(path, /^nodes\.csv(\.gz)?$/);
  if (!file) throw new ImportError("IMPORT_SOURCE_MISSING", `${path} holds no nodes.csv.`);
  const rejections = new Rejections();
  const found = new Map<string, OpenbNode>();
  const progress = progressOf(options.onProgress, "rows");
  let failure: unknown;
  try {
    for await (const { row, line } of readRows(file, columns, rejections)) {
      const node = nodeOf(row);
      if (typeof node === "string") rejections.add(basename(file), line, node);
      else if (!found.has(node.sn)) found.set(node.sn, node);
      if (found.size > mostNodes)
        throw new ImportError("IMPORT_SOURCE_INVALID", `${basename(file)}:${line}: more than ${mostNodes} nodes.`);
    }
  } catch (error) {
    if (!(error instanceof ImportError) || error.code !== "IMPORT_SOURCE_TRUNCATED" || found.size === 0) throw error;
    failure = error;
  }
  signal?.throwIfAborted();
  await ensurePeople(dbs.auth, tenant, now);
  const all = [...found.values()];
  const { changed, clusterCount } = await writeNodes(dbs, tenant.id, all, now);
  progress(all.length, true);
  const placed = await placeVms(dbs, tenant.id, now);
  if (options.history !== false) await writeHistory(dbs, tenant.id, now);
  const result: OpenbResult = {
    file: basename(file),
    clusters: clusterCount,
    nodes: all.length,
    changed,
    rejected: rejections.count,
    rejections: rejections.lines,
    ...placed,
  };
  if (failure !== undefined) throw Object.assign(failure as Error, { result });
  return result;
}

const clusterKey = ({ gpuCount, model }: OpenbNode): string =>
  gpuCount === 0 ? "cpu" : (model ?? "gpu").toLowerCase();
const clusterId = (key: string): string => importedId(openbDataset, "cluster", key);

async function writeNodes(dbs: FleetDatabases, tenantId: string, found: readonly OpenbNode[], now: Date) {
  const models = new Map<string, string | null>(
    found.map((node) => [clusterKey(node), node.gpuCount === 0 ? null : node.model]),
  );
  const nothing = { cpuMillicores: 0, memoryMb: 0, storageGb: 0, networkMbps: 0, gpuCount: 0, gpuMilli: 0 };
  const clusters = [...models].map(([key, model]) => ({
    id: clusterId(key),
    name: `openb-${key}`,
    description: model ? `Nodes with ${model} GPUs` : key === "cpu" ? "Nodes without GPUs" : "Nodes with GPUs",
    clusterType: "kubernetes",
    status: "active" as const,
    config: { region },
    metadata: { origin: openbDataset },
    createdAt: now,
  }));
  const nodes = found.map((node, at) => {
    const { sn, cpuMillicores, memoryMb, gpuCount, model } = node;
    const capacity = { cpuMillicores, memoryMb, gpuCount, gpuMilli: gpuCount * 1000, ...assumed };
    return {
      id: importedId(openbDataset, "node", sn),
      name: sn,
      hostname: `${sn}.openb.example`,
      ipAddress: `10.${100 + Math.floor(at / 65_536)}.${Math.floor(at / 256) % 256}.${at % 256}`,
      nodeType: gpuCount > 0 ? ("gpu" as const) : ("compute" as const),
      clusterId: clusterId(clusterKey(node)),
      region,
      availabilityZone: `${region}-${(at % 3) + 1}`,
      capacity,
      allocatable: capacity,
      allocated: nothing,
      gpuModel: gpuCount > 0 ? model : null,
      labels: { dataset: openbDataset, ...(gpuCount > 0 && model ? { gpu: model } : {}) },
      status: "ready" as const,
      lastHeartbeat: now,
      metadata: { origin: openbDataset, sourceId: sn, assumed: "storageGb, networkMbps" },
      createdAt: now,
    };
  });
  const changed = await recordNodes(dbs.scheduler, { tenantId }, { clusters, nodes }, "resize");
  return { changed, clusterCount: models.size };
}
