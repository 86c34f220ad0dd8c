import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process, distinguished from a later one that got the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When the process began, in the system's own notation. It is only compared. */
  startedAt: string;
}

/** Returns the process that has this number now; undefined when there is none, or when it is a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === "linux" ? linuxStart(pid) : otherStart(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export const isAlive = (identity: ProcessIdentity): boolean => identify(identity.pid)?.startedAt === identity.startedAt;

let own: ProcessIdentity | undefined;

export const ownIdentity = (): ProcessIdentity =>
  (own ??= identify(process.pid) ?? { pid: process.pid, startedAt: "" });

function linuxStart(pid: number): string | undefined {
  try {
    // The second field is the program's name in parentheses and may hold spaces: fields are counted after it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

function otherStart(pid: number): string | undefined {
  const line = processStatus(pid, "stat=,lstart=");
  return line === undefined || line.startsWith("Z") ? undefined : line.slice(line.indexOf(" ")).trim();
}

/** Returns one line of `ps` about a process; undefined when there is no such process. */
export function processStatus(pid: number, columns: string): string | undefined {
  try {
    const options = {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
      stdio: "pipe",
    } as const;
    return execFileSync("ps", ["-ww", "-o", columns, "-p", String(pid)], options).trim() || undefined;
  } catch {
    return undefined;
  }
}
