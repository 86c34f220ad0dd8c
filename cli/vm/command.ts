import { type Command, InvalidArgumentError } from "commander";
import type { Environment } from "#runtime/environment.ts";
import { withGatewayOptions } from "../graph/gateway-options.ts";
import type { Mutation } from "./begin.ts";
import type { CreateOptions } from "./create.ts";
import type { Session, VmOptions } from "./session.ts";
import { bytesOf, millicoresOf } from "./sizes.ts";

type WaitOptions = VmOptions & { wait: boolean };
type StopOptions = WaitOptions & { force: boolean; timeout?: number };

/** The actions that need no more than the VM. */
const actions: readonly (readonly [verb: string, mutation: Mutation, does: string])[] = [
  ["start", "startVm", "start a VM that is stopped"],
  ["reboot", "rebootVm", "restart the guest of a running VM"],
  ["pause", "pauseVm", "halt a running VM; its memory stays on its node"],
  ["resume", "resumeVm", "continue a VM that is paused or suspended"],
  ["suspend", "suspendVm", "save the memory of a running VM on disk"],
  ["recover", "recoverVm", "start a VM again that is in error"],
  ["delete", "deleteVm", "delete a VM: its power is cut, and its claim is given back"],
];

const vmStates = "creating running stopped paused suspended migrating backing_up restoring error deleted".split(" ");

function addState(text: string, before: string[] = []): string[] {
  if (!vmStates.includes(text.toLowerCase())) throw new InvalidArgumentError(`The states are ${vmStates.join(", ")}.`);
  return [...before, text.toUpperCase()];
}

/** Adds `novacron vm …`: the life of VMs, by the graph of a running server. */
export function addVmCommand(program: Command, environmentOf: (options: { dataDir?: string }) => Environment): void {
  const command = program
    .command("vm")
    .description(
      "create VMs, see them and change their state, by a gateway; Ctrl-C ends the command, not the operation",
    );
  const sub = (usage: string, does: string) =>
    withGatewayOptions(command.command(usage).description(does)).option("--json", "print one JSON document", false);
  const change = (usage: string, does: string) =>
    sub(usage, does).option("--no-wait", "end when the operation has started, not when it has ended");
  const run = async (options: VmOptions, use: (session: Session) => Promise<void>) => {
    const { inSession } = await import("./session.ts");
    await inSession(options, environmentOf, use);
  };

  change("create <name>", "create a VM and start it")
    .option("--template <template>", "its template: a name, `name:version` or an id")
    .option("--cpu <cores>", "cores, as 2, 0.5 or 500m (default: the template's, or 2)", millicoresOf)
    .option("--memory <size>", "memory, as 4GiB or 512MiB (default: the template's, or 4GiB)", bytesOf)
    .option("--disk <size>", "disk, as 20GiB (default: the template's, or 20GiB)", bytesOf)
    .action((name: string, options: VmOptions & CreateOptions) =>
      run(options, async (session) => (await import("./create.ts")).createVm(session, name, options)),
    );
  sub("list", "list the VMs by name, each with the operation that works on it")
    .option("--state <state...>", `only in one of these states: ${vmStates.join(", ")}`, addState)
    .action((options: VmOptions & { state?: string[] }) =>
      run(options, async (session) => (await import("./list.ts")).listVms(session, options.state)),
    );
  sub("show <vm>", "show a VM by its name or its id, with its newest operation").action(
    (name: string, options: VmOptions) =>
      run(options, async (session) => (await import("./list.ts")).showVm(session, name)),
  );
  change("stop <vm>", "stop a running VM: its guest is asked to shut down")
    .option("--force", "cut the power instead", false)
    .option("--timeout <seconds>", "how long the guest may take (default: 60)", wholeNumber)
    .action((name: string, options: StopOptions) =>
      run(options, async (session) => {
        const { force: forced, timeout: timeoutSeconds, wait } = options;
        const { actOn } = await import("./act.ts");
        await actOn(session, "stopVm", name, { forced, timeoutSeconds, noWait: !wait });
      }),
    );
  for (const [verb, mutation, does] of actions)
    change(`${verb} <vm>`, does).action((name: string, options: WaitOptions) =>
      run(options, async (session) =>
        (await import("./act.ts")).actOn(session, mutation, name, { noWait: !options.wait }),
      ),
    );
  sub("follow <operation>", "show the progress of an operation on a VM until it has ended").action(
    (id: string, options: VmOptions) =>
      run(options, async (session) => (await import("./operations.ts")).followOperation(session, id)),
  );
  sub("cancel <operation>", "cancel an operation on a VM, and wait until it is undone").action(
    (id: string, options: VmOptions) =>
      run(options, async (session) => (await import("./operations.ts")).cancelOperation(session, id)),
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("It is not a whole number.");
  return value;
}
