import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { pin } from "../gateway/cores.ts";

/** Returns milliseconds on a clock that the processes of one machine share. */
export const now = (): number => performance.timeOrigin + performance.now();

/** A program that receives messages and responds. */
export interface Process {
  url: string;
  send(message: object): void;
  request<Answer = unknown>(message: object): Promise<Answer>;
  cpuMs(): number;
  stop(): Promise<void>;
}

export async function start(args: readonly string[], core: "measured" | "load"): Promise<Process> {
  const child: ChildProcess = spawn("node", ["--max-semi-space-size=64", "--expose-gc", ...args], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, LOG_LEVEL: "warn", NODE_ENV: "production" },
  });
  const exited = once(child, "exit");
  const pid = child.pid ?? 0;
  pin(pid, core);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      const ready = /ready (\S+)/.exec(String(chunk))?.[1];
      if (ready) resolve(ready);
    });
    child.once("exit", () => reject(new Error(`${args.join(" ")} ended before it was ready`)));
  });
  return {
    url,
    send: (message) => void child.send(message),
    request: async <Answer>(message: object) => {
      const answered = once(child, "message");
      child.send(message);
      const ended = exited.then(() => Promise.reject(new Error(`${args.join(" ")} ended`)));
      const [answer] = (await Promise.race([answered, ended])) as [Answer];
      return answer;
    },
    cpuMs: () => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
