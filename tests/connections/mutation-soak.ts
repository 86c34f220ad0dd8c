import { setTimeout as pause } from "node:timers/promises";
import type { AnsweredData } from "#tests/harness/answers.ts";
import { exampleOf, expectedAtOnce } from "#tests/mutations/examples.ts";
import { outcomeOf, type World } from "#tests/mutations/world.ts";

const times = 64;
const readEveryMs = 20;
/** The pause of each of three users after their last sign-in. */
const signInEveryMs = 500;

export interface SoakOptions {
  world: World;
  /** The mutations of the graph that can be sent. */
  names: readonly string[];
  ask(query: string, variables: Record<string, unknown>, token: string): Promise<AnsweredData>;
  /** How long reads and sign-ins continue, at least. */
  lastsMs?: number;
  /** Runs before each mutation. */
  before?(): Promise<void>;
}

export interface SoakReport {
  /** The duration of each read and sign-in, in milliseconds. */
  reads: number[];
  signIns: number[];
  /** The time from the first to the last answer of each mutation's copies. */
  mutations: { name: string; milliseconds: number }[];
  sent: number;
  /** Unexpected outcomes of mutations, and reads and sign-ins that failed. */
  failures: string[];
}

const read = `query Read($first: Int!) {
  vms(first: $first) { nodes { id name owner { id username } tenant { id name } } }
  users(first: 5) { nodes { id username } }
}`;

/** Sends every mutation 64 times at once, one mutation after the other, with reads and sign-ins next to them. */
export async function soak({ world, names, ask, before, lastsMs = 0 }: SoakOptions): Promise<SoakReport> {
  const report: SoakReport = { reads: [], signIns: [], mutations: [], sent: 0, failures: [] };
  const users = [await world.newUser(), await world.newUser(), await world.newUser()];
  const ended = new AbortController();
  const lasts = pause(lastsMs);
  const reading = every(readEveryMs, ended.signal, async (count) => {
    // Identical reads at the same moment are executed once, so each read differs from the last.
    const began = performance.now();
    const { errors } = await ask(read, { first: 1 + (count % 50) }, world.key);
    report.reads.push(performance.now() - began);
    report.failures.push(...errors.map(({ extensions }) => `a read: ${extensions.code}`));
  });
  const signingIn = Promise.all(
    users.map(async ({ email: login, password }) => {
      while (!ended.signal.aborted) {
        const began = performance.now();
        const outcome = outcomeOf("signIn", await world.send("signIn", { input: { login, password }, token: "" }));
        report.signIns.push(performance.now() - began);
        if (outcome !== "done" && !refusedSignIns.includes(outcome)) report.failures.push(`a sign-in: ${outcome}`);
        await pause(signInEveryMs, undefined, { signal: ended.signal }).catch(() => undefined);
      }
    }),
  );
  try {
    for (const name of names) {
      await before?.();
      const request = await exampleOf(name).request(world);
      const { otherwise } = expectedAtOnce(name, times);
      const began = performance.now();
      const sent = Array.from({ length: times }, () => world.send(name, request));
      const outcomes = (await Promise.all(sent)).map((answer) => outcomeOf(name, answer));
      report.mutations.push({ name, milliseconds: performance.now() - began });
      report.sent += times;
      for (const outcome of outcomes)
        if (![...otherwise, ...refusedSignIns, "done"].includes(outcome)) report.failures.push(`${name}: ${outcome}`);
    }
    await lasts;
  } finally {
    ended.abort();
    await Promise.all([reading, signingIn]);
  }
  return report;
}

/** The queue of passwords to hash is limited, and so are the failures of one address. */
const refusedSignIns: readonly string[] = ["OVERLOADED", "RATE_LIMITED"];

/** Runs `work` at this interval, even while earlier runs continue. Resolves when all have ended, after the signal. */
async function every(ms: number, signal: AbortSignal, work: (count: number) => Promise<void>): Promise<void> {
  const running: Promise<void>[] = [];
  for (let count = 0; !signal.aborted; count += 1) {
    running.push(work(count));
    await pause(ms, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(running);
}
