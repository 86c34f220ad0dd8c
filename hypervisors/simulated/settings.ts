import { z } from "zod";
import { methods, type Method } from "./protocol.ts";

const milliseconds = z.number().nonnegative().max(86_400_000);
const range = z.tuple([milliseconds, milliseconds]);
const probability = z.number().min(0).max(1).default(0);
const method = z.enum(methods as [Method, ...Method[]]);

export const faultKinds = ["lost_request", "lost_answer", "refusal", "error"] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How the simulation behaves: `PUT /settings` replaces it as a whole. It is kept in the store. */
export const settingsShape = z.strictObject({
  /** All random draws follow from it. */
  seed: z.number().int().default(1),
  /** How long a method takes, in milliseconds: evenly between two values. A method that is missing takes no time. */
  latencies: z.partialRecord(method, range).default({}),
  /** How long a guest takes to stop on request, evenly between two values, and for single VMs. */
  guestStopMs: range.default([0, 0]),
  guests: z.record(z.string(), z.strictObject({ stopMs: milliseconds })).default({}),
  /** What nodes do: refuse machines, add a delay to every call, or be dead, so that no call of theirs has a usable response. */
  nodes: z
    .record(
      z.string(),
      z.strictObject({
        refuses: z.boolean().default(false),
        slowMs: milliseconds.default(0),
        isDead: z.boolean().default(false),
      }),
    )
    .default({}),
  /** How probable each fault is, for every call that changes a machine. */
  faults: z
    .strictObject({ lost_request: probability, lost_answer: probability, refusal: probability, error: probability })
    .prefault({}),
  /** Faults of the next calls that fit. Each is used up after as many times. */
  planned: z
    .array(
      z.strictObject({
        fault: z.enum(faultKinds),
        method: method.optional(),
        nodeId: z.string().optional(),
        vmId: z.string().optional(),
        times: z.number().int().positive().default(1),
      }),
    )
    .max(1_000)
    .default([]),
});

export type Settings = z.infer<typeof settingsShape>;
export type SettingsInput = z.input<typeof settingsShape>;

export const noSettings: Settings = settingsShape.parse({});

/** What a hypervisor with fast disks takes. */
export const realisticLatencies: Settings["latencies"] = {
  create: [400, 1_500],
  start: [300, 1_200],
  stop: [50, 150],
  reboot: [300, 1_200],
  pause: [5, 30],
  resume: [50, 400],
  suspend: [400, 2_000],
  resize: [50, 300],
  attachInterface: [30, 150],
  detachInterface: [30, 150],
  createSnapshot: [200, 1_000],
  revertToSnapshot: [200, 1_000],
  deleteSnapshot: [50, 300],
  migrate: [1_500, 5_000],
  destroy: [100, 500],
};
export const realisticGuestStopMs: Settings["guestStopMs"] = [500, 3_000];
