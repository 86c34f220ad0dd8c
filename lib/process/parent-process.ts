import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The interval of checks, and so the time by which a process may outlive npm. */
const lookEveryMs = 500;
const shells = /^(sh|bash|dash|ash|zsh|ksh|busybox)$/;

/**
 * Calls `ended` once, when `npm start` or `npx` started this process and npm has ended since. npm runs a command through a shell. It passes SIGTERM to that
 * shell, which ends without passing it on; SIGKILL reaches npm alone. Does nothing in a process that npm did not start: a process started by `nohup` or a
 * supervisor may outlive its parent.
 * @returns a function that stops the checks
 */
export function whenNpmEnds(ended: () => void, env: NodeJS.ProcessEnv = process.env): () => void {
  if (!["start", "npx"].includes(env["npm_lifecycle_event"] ?? "")) return () => undefined;
  const shell = process.ppid;
  const started = parentOf(shell);
  // Some shells are replaced by the command that they run: then the parent is npm itself.
  const npm = started && shells.test(started.name) ? started.parent : undefined;
  const timer = setInterval(() => {
    if (process.ppid === shell && (npm === undefined || isParent(npm, shell))) return;
    clearInterval(timer);
    ended();
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

function isParent(npm: number, shell: number): boolean {
  const now = procParent(shell);
  if (now) return now.parent === npm;
  // Without /proc, it only checks whether npm exists.
  try {
    process.kill(npm, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

interface Process {
  name: string;
  parent: number;
}

const parentOf = (pid: number): Process | undefined => procParent(pid) ?? psParent(pid);

function procParent(pid: number): Process | undefined {
  try {
    // The name is in parentheses and may contain spaces and parentheses.
    const [, name = "", parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return parent === undefined ? undefined : { name, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

function psParent(pid: number): Process | undefined {
  try {
    const line = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], { encoding: "utf8", stdio: "pipe" });
    const [, parent, path = ""] = /^\s*(\d+)\s+-?(\S+)/.exec(line) ?? [];
    return parent === undefined ? undefined : { name: path.replace(/^.*\//, ""), parent: Number(parent) };
  } catch {
    return undefined;
  }
}
