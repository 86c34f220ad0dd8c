import { z } from "zod";
import { hypervisorErrorCodes, type MachineSpec } from "../port.ts";

/** The largest body of a request, in bytes. */
export const maxRequestBytes = 256 * 1_024;

const text = z.string().min(1).max(255);
const amount = z.number().int().positive().max(1e9);
const disk = z.strictObject({ name: text, sizeGb: amount });
const networkInterface = z.strictObject({
  name: text,
  network: text,
  macAddress: text,
  ipAddress: text.optional(),
});
const specShape = z.strictObject({
  name: text,
  cpuMillicores: amount,
  memoryMb: amount,
  disks: z.array(disk).max(256),
  interfaces: z.array(networkInterface).max(256),
  image: text.optional(),
}) satisfies z.ZodType<MachineSpec>;

const place = { nodeId: text, vmId: text };
const call = { ...place, operationId: text, token: z.number().int().nonnegative(), step: text };

const method = <Name extends string, Arguments extends z.ZodRawShape>(name: Name, given: Arguments) =>
  z.strictObject({ method: z.literal(name), ...call, ...given });

/** A call that changes a machine: `POST /calls`. */
export const callShape = z.discriminatedUnion("method", [
  method("create", { spec: specShape }),
  method("start", {}),
  method("stop", {
    how: z.discriminatedUnion("forced", [
      z.strictObject({ forced: z.literal(true) }),
      z.strictObject({ forced: z.literal(false), withinMs: z.number().nonnegative().max(86_400_000) }),
    ]),
  }),
  method("reboot", {}),
  method("pause", {}),
  method("resume", {}),
  method("suspend", {}),
  method("resize", { size: specShape.pick({ cpuMillicores: true, memoryMb: true, disks: true }) }),
  method("attachInterface", { added: networkInterface }),
  method("detachInterface", { name: text }),
  method("createSnapshot", { snapshotId: text }),
  method("revertToSnapshot", { snapshotId: text }),
  method("deleteSnapshot", { snapshotId: text }),
  method("migrate", { destinationNodeId: text }),
  method("destroy", {}),
]);

export type Call = z.infer<typeof callShape>;
export type Method = Call["method"];
export type CallOf<Name extends Method> = Extract<Call, { method: Name }>;
export const methods = callShape.options.map(({ shape }) => shape.method.value);

/** A read of one machine: `POST /stats` and `POST /console`. */
export const placeShape = z.strictObject(place);
export type Place = z.infer<typeof placeShape>;

const presentStates = ["stopped", "running", "paused", "suspended"] as const;

export const snapshotResult = z.object({ storagePath: z.string(), sizeBytes: z.number() });
export const statsResult = z.object({
  state: z.enum(["absent", ...presentStates]),
  cpuTimeMs: z.number(),
  memoryUsedMb: z.number(),
});
/** `effects` counts what has changed the machine since it was made. */
export const listResult = z.array(
  z.object({
    nodeId: z.string(),
    vmId: z.string(),
    state: z.enum(presentStates),
    snapshotIds: z.array(z.string()),
    effects: z.number(),
  }),
);

export const resultShape = z.object({ result: z.unknown() });
export const refusalShape = z.object({
  error: z.object({ code: z.enum(hypervisorErrorCodes), message: z.string() }),
});

/** What a call results in: a result that is stored with its step, or a refusal without an effect. */
export type Result = null | boolean | z.infer<typeof snapshotResult>;
export type Refusal = z.infer<typeof refusalShape>["error"];
