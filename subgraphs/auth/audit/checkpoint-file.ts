import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { type AuditCheckpoint, checkpointShape } from "#lib/trust/audit-checkpoint.ts";
import { makeFolder } from "#lib/files/make-folder.ts";
import { linesOf } from "#lib/files/text-lines.ts";

/**
 * Appends checkpoints, one JSON object per line, in one write that is on the disk when this resolves. A partial line that a crash left stays a line of its own.
 */
export async function appendCheckpoints(path: string, checkpoints: readonly AuditCheckpoint[]): Promise<void> {
  if (checkpoints.length === 0) return;
  makeFolder(dirname(path));
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const last = size === 0 ? undefined : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
    const lines = checkpoints.map((checkpoint) => `${JSON.stringify(checkpoint)}\n`).join("");
    await file.appendFile(last === undefined || last === "\n" ? lines : `\n${lines}`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Yields the lines of the file in their order; `checkpoint` is undefined for a line that cannot be read. Yields nothing when there is no file. */
export async function* readCheckpoints(
  path: string,
): AsyncGenerator<{ line: number; checkpoint: AuditCheckpoint | undefined }> {
  let line = 0;
  try {
    for await (const { lines } of linesOf(path, createReadStream(path))) {
      for (const text of lines) yield { line: (line += 1), checkpoint: parsed(text) };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function parsed(text: string): AuditCheckpoint | undefined {
  try {
    return checkpointShape.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
