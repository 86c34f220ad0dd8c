import { spawn } from "node:child_process";
import type { ServerUser } from "./server-user.ts";

export interface CommandResult {
  ok: boolean;
  /** Standard output and standard error in the order of arrival, without trailing white space. */
  output: string;
}

/**
 * The environment of every program that runs as the server's user. It has none of our own variables, which may hold secrets, or PG* settings meant for another
 * server. Messages are in English, because this program parses some of them.
 */
export const serverEnvironment = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
};

/** Runs a program as the server's user, from the root folder because that user may not be able to enter ours. Never throws. */
export function runAs(
  user: ServerUser,
  program: string,
  arguments_: readonly string[],
  input = "",
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = "";
    try {
      const child = spawn(program, arguments_, {
        cwd: "/",
        env: serverEnvironment,
        ...user.switch,
      });
      const collect = (chunk: Buffer) => (output += chunk.toString());
      child.stdout.on("data", collect);
      child.stderr.on("data", collect);
      // A program that ends without reading its input must not end this process.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      child.on("error", (error) => resolve({ ok: false, output: error.message }));
      child.on("close", (code) => resolve({ ok: code === 0, output: output.trimEnd() }));
    } catch (error) {
      resolve({ ok: false, output: String(error) });
    }
  });
}

/** Returns whether the server's user can enter a folder. A program checks it as that user, because mode bits do not show ACLs and mounts. */
export async function canEnter(user: ServerUser, folder: string): Promise<boolean> {
  return (await runAs(user, "/bin/sh", ["-c", 'cd "$0"', folder])).ok;
}
