import { setTimeout as wait } from "node:timers/promises";
import type { Member } from "./installation.ts";
import type { Sweep } from "./sweep.ts";

/** Between two faults events are written, so that each fault comes at another moment of some. */
const between = (round: number): number => 5 + ((round * 7) % 31);

/** Kills a process that the others go on without, again and again; by turns where there are several. */
export async function killed(sweep: Sweep, members: readonly Member[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await sweep.untilWritten(between(round));
    await members[round % members.length]?.killAndRestart();
  }
  await sweep.untilWritten(20);
}

/** A process is away for a while. */
export async function away(sweep: Sweep, member: Member, events: number): Promise<void> {
  await sweep.untilWritten(20);
  await member.kill();
  await sweep.untilWritten(events);
  await member.start();
  await sweep.untilWritten(20);
}

/** Clients lose their connections while what they missed is told to them. */
export async function cut(sweep: Sweep, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await sweep.untilWritten(between(round));
    for (const [index, client] of sweep.clients.entries()) if ((round + index) % 3 > 0) client.cut();
  }
  await sweep.untilWritten(20);
}

/** The supergraph is another one again and again. */
export async function replaced(sweep: Sweep, times: number, everyMs: number): Promise<void> {
  for (let time = 1; time <= times; time += 1) {
    const begun = performance.now();
    sweep.installation.replaceSupergraph(`A virtual machine, ${time}.`);
    await sweep.untilWritten(5);
    await wait(Math.max(0, everyMs - (performance.now() - begun)));
  }
  await sweep.untilServed(`A virtual machine, ${times}.`);
  await sweep.untilWritten(20);
}
